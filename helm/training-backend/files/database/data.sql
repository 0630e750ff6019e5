INSERT INTO customers (name, email, address)
SELECT 'Ada Lovelace', 'ada@example.com', '12 St James''s Square' WHERE NOT EXISTS (SELECT 1 FROM customers);
INSERT INTO drivers (name, phone)
SELECT 'Grace Hopper', '+1 202 555 0143' WHERE NOT EXISTS (SELECT 1 FROM drivers);
INSERT INTO zones (name, postcode)
SELECT 'Centre', '10115' WHERE NOT EXISTS (SELECT 1 FROM zones);
INSERT INTO products (name, price)
SELECT 'Punched cards', 12.50 WHERE NOT EXISTS (SELECT 1 FROM products);
INSERT INTO deliveries (customer_id, driver_id, zone_id, product_id, quantity, due)
SELECT c.id, d.id, z.id, p.id, 3, '2026-12-01'
FROM customers c, drivers d, zones z, products p
WHERE NOT EXISTS (SELECT 1 FROM deliveries) AND c.name = 'Ada Lovelace' AND d.name = 'Grace Hopper' AND z.name = 'Centre'
    AND p.name = 'Punched cards';
