// Package superset shows an asset bundle of Apache Superset as a tenant. It is
// an example of what a service writes to have its own tenants archived: an
// implementation of [tenant.Source], here over files, elsewhere over a
// database. Read the files in this order.
//
//   - source.go is the interface's four promises: who the tenant is, its
//     entries in canonical order, contents on demand, an end. And the fifth,
//     optional one, which a conversion should keep above all others: saying
//     what it leaves out.
//   - bundle.go is the snapshot. It indexes the bundle and remembers digests, so
//     that an asset which changes between listing and reading is noticed.
//   - workspace.go deals assets out to workspaces, and makes up the ids that
//     Superset does not have, so that they are the same the next time.
//   - report.go, pages.go, query.go, charttype.go and filter.go turn dashboards
//     and charts into reports; model.go and expression.go turn datasets into
//     semantic models.
//   - document.go, convert.go and yamltext.go read and write the two languages.
//
// # What becomes of what
//
//	dashboard          report, under its own UUID
//	  tab              page; a dashboard without tabs is one page
//	  chart            visual, under its own UUID
//	  text, heading    visual of type text
//	dataset            dataset of mode direct, under its own UUID: a record in the
//	                   workspace's metadata, and a semantic model
//	  physical column  column of the model's one table, and a dimension
//	  calculated       dimension in SQL
//	  saved metric     measure: the aggregate of a column where it is one, else SQL
//	database           connection, without user and password
//
// Charts that stand on no dashboard become a report of their own, "Charts
// without a dashboard", in the workspace that has their dataset: whoever takes
// over a Superset expects to find them.
//
// # What is kept as it was
//
// Queries here say less than charts do. So each report holds the dashboard and
// its charts whole, in the member extensions under "org.apache.superset":
// converted from YAML to JSON with every key and every number as it was spelled,
// or as the YAML text where strict JSON cannot carry them. There, not_expressed
// lists for each chart what its query does not say. Models keep those settings of
// their datasets that mean nothing here under the same name.
//
// # What is left out
//
// [Source.Omissions] counts charts that a dashboard shows and the bundle lacks,
// visuals whose query does not say all, and files of the bundle that this
// program does not read (saved SQL queries, themes). An export writes them into
// the archive's manifest. A bundle has no users, roles or alerts; its
// rows lie in CSV files beside it ([Options]).
package superset
