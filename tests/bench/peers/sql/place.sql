-- One order: 1 per buyer, 2 per device, as long as there is stock. The contended row comes last, so that its lock is held shortest.
\set buyer random(1, :buyers)
\set device random(1, :buyers)
BEGIN;
WITH taken AS (UPDATE buyers SET bought = bought + 1 WHERE buyer = :buyer AND bought < 1 RETURNING 1) SELECT count(*) AS buyer_taken FROM taken \gset
\if :buyer_taken
WITH taken AS (UPDATE devices SET bought = bought + 1 WHERE device = :device AND bought < 2 RETURNING 1) SELECT count(*) AS device_taken FROM taken \gset
\if :device_taken
INSERT INTO orders (sku, buyer, device, total_minor) VALUES (:sku, :buyer, :device, 2990);
WITH taken AS (UPDATE stock SET available = available - 1 WHERE sku = :sku AND available >= 1 RETURNING 1) SELECT count(*) AS unit_taken FROM taken \gset
\if :unit_taken
COMMIT;
\else
ROLLBACK;
\endif
\else
ROLLBACK;
\endif
\else
ROLLBACK;
\endif
