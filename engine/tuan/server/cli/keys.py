"""`tuan keys create|revoke|list`: API keys of the applications that call the engine."""

from __future__ import annotations

import argparse

from tuan import settings as settings_module
from tuan.server.cli.online import admin_client


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key; its secret is printed once and kept nowhere")
    create.add_argument("caller", help="the application that it belongs to")
    create.add_argument("scopes", nargs="+", help="what it may call, for example orders.write orders.read")
    create.set_defaults(run=run_create)
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("key_id")
    revoke.set_defaults(run=run_revoke)
    actions.add_parser("list", help="all keys, without their secrets").set_defaults(run=run_list)


def run_create(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        answer = client.admin.create_api_key(options.caller, options.scopes)
    print(f"{answer.api_key.key_id} {answer.secret}")
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        client.admin.revoke_api_key(options.key_id)
    print(f"revoked {options.key_id}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    del options
    with admin_client(settings_module.load()) as client:
        for key in client.admin.list_api_keys():
            state = "revoked" if key.revoked else "active"
            print(f"{key.key_id} {key.caller} {state} {' '.join(key.scopes)}")
    return 0
