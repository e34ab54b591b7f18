-- Where the tenant's data lies: a JSON object with country and exceptions
-- (docs/residency.md). Empty when that is not stated.
ALTER TABLE tenants ADD COLUMN residency TEXT NOT NULL DEFAULT '';
