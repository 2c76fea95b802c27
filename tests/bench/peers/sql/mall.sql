-- What a mall keeps of a flash sale: stock by SKU, what buyers and devices have bought, and orders.
CREATE TABLE stock (sku bigint PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0)) WITH (fillfactor = 50);
CREATE TABLE buyers (buyer bigint PRIMARY KEY, bought bigint NOT NULL) WITH (fillfactor = 80);
CREATE TABLE devices (device bigint PRIMARY KEY, bought bigint NOT NULL) WITH (fillfactor = 80);
CREATE TABLE orders (
  order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku bigint NOT NULL,
  buyer bigint NOT NULL,
  device bigint NOT NULL,
  total_minor bigint NOT NULL,
  place_time timestamptz NOT NULL DEFAULT now()
);
