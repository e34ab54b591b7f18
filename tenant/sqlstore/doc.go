// Package sqlstore keeps tenants in an SQL database.
package sqlstore
