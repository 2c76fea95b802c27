// A worker of a shop on Vendure: `prepare` makes the shop, `sell` places orders by the services that its own checkout calls.
// `node vendure_worker.js prepare|sell` reads its settings as a line of JSON and prints JSON. NODE_PATH names the folder of @vendure/core.
"use strict";
const readline = require("node:readline");
const core = require("@vendure/core");
const { populateInitialData } = require("@vendure/core/cli");

const IN_FLIGHT = 2;
const ADDRESS = { fullName: "Buyer", streetLine1: "1", city: "Here", postalCode: "1", countryCode: "CN" };
const INITIAL = {
  defaultLanguage: "en", defaultZone: "Asia", countries: [{ code: "CN", name: "China", zone: "Asia" }],
  taxRates: [{ name: "Standard", percentage: 0 }], shippingMethods: [{ name: "Standard", price: 0 }], collections: [],
  paymentMethods: [{ name: "paid", handler: { code: core.dummyPaymentHandler.code, arguments: [{ name: "automaticSettle", value: "true" }] } }],
};

function configuration({ host, database }, synchronize) {
  return {
    apiOptions: { port: 0, hostname: "127.0.0.1", adminApiPath: "admin", shopApiPath: "shop" },
    authOptions: { superadminCredentials: { identifier: "bench", password: "bench" }, requireVerification: false },
    dbConnectionOptions: { type: "postgres", host, database, username: "postgres", synchronize, logging: false },
    paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
    logger: new core.DefaultLogger({ level: core.LogLevel.Error }),
    plugins: [],
  };
}

async function start(settings, synchronize) {
  const { app } = await core.bootstrapWorker(configuration(settings, synchronize));
  return app;
}

// Like a GraphQL mutation: a context of its own, and one transaction.
function caller(app, channel) {
  const contexts = app.get(core.RequestContextService);
  const connection = app.get(core.TransactionalConnection);
  return async (act) => {
    const context = await contexts.create({ apiType: "shop", channelOrToken: channel });
    return connection.withTransaction(context, async (inner) => {
      const found = await act(inner);
      if (found && found.errorCode) throw found; // an error result: the resolver rolls nothing back, the buyer is told
      return found;
    });
  };
}

async function prepare(settings) {
  const app = await core.bootstrap(configuration(settings, true)); // the whole server: the worker has no Populator
  await populateInitialData(app, INITIAL);
  const admin = await app.get(core.RequestContextService).create({ apiType: "admin" });
  const [taxCategory] = (await app.get(core.TaxCategoryService).findAll(admin)).items;
  const found = {};
  for (const [name, units] of [["many", settings.units], ["hot", settings.hot_units]]) {
    const product = await app.get(core.ProductService).create(admin, {
      enabled: true, translations: [{ languageCode: "en", name, slug: name, description: "" }],
    });
    const [variant] = await app.get(core.ProductVariantService).create(admin, [{
      productId: product.id, sku: name, price: 2990, taxCategoryId: taxCategory.id, stockOnHand: units, trackInventory: "TRUE",
      translations: [{ languageCode: "en", name }],
    }]);
    found[name] = Number(variant.id);
  }
  return found;
}

// False: not enough stock, as Vendure tells it, whenever it does.
async function placeOne(call, app, channel, product, number) {
  const orders = app.get(core.OrderService);
  try {
    const order = await call((context) => orders.create(context));
    await call((context) => orders.addItemToOrder(context, order.id, product, 1));
    const customers = app.get(core.CustomerService);
    await call(async (context) => {
      const customer = await customers.createOrUpdate(context, { emailAddress: `${number}@example.org`, firstName: "B", lastName: "B" });
      return orders.addCustomerToOrder(context, order.id, customer);
    });
    await call((context) => orders.setShippingAddress(context, order.id, ADDRESS));
    const [method] = await call((context) => orders.getEligibleShippingMethods(context, order.id));
    await call((context) => orders.setShippingMethod(context, order.id, [method.id]));
    await call((context) => orders.transitionToState(context, order.id, "ArrangingPayment"));
    await call((context) => orders.addPaymentToOrder(context, order.id, { method: "paid", metadata: {} }));
    return true;
  } catch (error) {
    if (error.errorCode) return false;
    throw error;
  }
}

async function sell(settings, go) {
  const app = await start(settings, false);
  const channel = await app.get(core.ChannelService).getDefaultChannel();
  const call = caller(app, channel);
  console.log("ready");
  await go();
  const latencies = [];
  let placed = 0, tried = 0;
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (seconds() < settings.seconds && tried < settings.attempts) {
      const number = `${process.pid}-${++tried}`;
      const at = seconds();
      const ok = await placeOne(call, app, channel, settings.product_id, number); // apart: `placed += await` would read it too early
      placed += ok ? 1 : 0;
      latencies.push(seconds() - at);
    }
  }));
  return { placed, seconds: seconds(), latencies_s: latencies };
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const settings = JSON.parse((await lines.next()).value);
  const found = process.argv[2] === "prepare" ? await prepare(settings) : await sell(settings, () => lines.next());
  console.log(JSON.stringify(found));
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
