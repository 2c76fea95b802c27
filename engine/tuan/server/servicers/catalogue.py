"""CatalogueService."""

from __future__ import annotations

from typing import Any

from tuan.domain.fields import page_size
from tuan.server.convert.catalogue import given_sku, imported, initial_stock, product, rejection, sku
from tuan.server.convert.instant import timestamp
from tuan.server.convert.paging import Pages, page
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.usecases.read_catalogue import CatalogueReader
from tuan_api.v1 import catalogue_pb2 as api
from tuan_api.v1 import catalogue_pb2_grpc

_PRODUCTS = Pages("products")


class CatalogueServicer(catalogue_pb2_grpc.CatalogueServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._catalogue = bench.engine.catalogue
        self._reader = CatalogueReader(bench.engine.record, bench.engine.keeper)

    async def ImportProducts(self, request: api.ImportProductsRequest, context: Any) -> api.ImportProductsResponse:
        products = [imported(index, message) for index, message in enumerate(request.products)]
        result = await self._bench.known_to_all(
            self._catalogue.import_products(
                current_call.get().caller, request.request_id, products, initial_stock(request.stock)
            )
        )
        return api.ImportProductsResponse(
            product_count=result.product_count,
            sku_count=result.sku_count,
            stock_count=result.stock_count,
            rejections=[rejection(item) for item in result.rejections],
        )

    async def PutSkus(self, request: api.PutSkusRequest, context: Any) -> api.PutSkusResponse:
        skus = [given_sku(message, message.product_id) for message in request.skus]
        stored = await self._bench.known_to_all(
            self._catalogue.put_skus(current_call.get().caller, request.request_id, skus)
        )
        return api.PutSkusResponse(skus=[sku(item) for item in stored])

    async def UpdateSkuPrice(self, request: api.UpdateSkuPriceRequest, context: Any) -> api.UpdateSkuPriceResponse:
        price = request.list_price
        changed = await self._bench.known_to_all(
            self._catalogue.update_price(
                current_call.get().caller, request.request_id, request.sku, price.amount_minor, price.currency_code
            )
        )
        return api.UpdateSkuPriceResponse(sku=sku(changed))

    async def GetProduct(self, request: api.GetProductRequest, context: Any) -> api.GetProductResponse:
        return api.GetProductResponse(product=product(await self._reader.get(request.product_id)))

    async def ListProducts(self, request: api.ListProductsRequest, context: Any) -> api.ListProductsResponse:
        size = page_size(request.page_size)
        found = await self._reader.list(_PRODUCTS.position(request.page_token), size + 1)
        products, token = page(found, size, _PRODUCTS, lambda item: item.product.product_id, product)
        now = timestamp(self._bench.engine.clock.now_ms())
        return api.ListProductsResponse(products=products, next_page_token=token, read_time=now)
