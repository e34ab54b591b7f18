// Package rowcheck checks the rows of datasets on their way into an archive: a
// backup whose rows cannot be read should be noticed when it is made, not when
// it is needed. [Check] goes into [export.Options.CheckRows]. It is a package of
// its own so that package export does without Parquet.
package rowcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/export"
	"github.com/oneanalytics/oa-archive/internal/strictyaml"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/schema"
)

// The rules of the problems that [Check] finds.
const (
	RuleParquet     = "rows-parquet"     // the file is not Parquet, or its footer is damaged or beyond limits
	RuleRowCount    = "rows-count"       // not as many rows as the dataset's record states
	RuleColumns     = "rows-columns"     // columns that the model declares are missing; a warning unless the model has one table
	RuleUnsupported = "rows-unsupported" // a warning: a column can be archived, but not looked at
)

// Check reads the footer of a Parquet file and returns what is wrong: whether
// it parses and its parts lie inside the file, whether it has as many rows as
// the dataset's record states, and whether it has the columns that the model
// declares. It states the file's [Statistics] for the manifest. Pages are not
// read, so what is damaged inside of one goes unnoticed. The error is one of reading or of ctx. Check implements
// [export.RowsCheck] and is safe for concurrent use.
func Check(ctx context.Context, rows export.Rows) ([]schema.Problem, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := parquetio.Open(rows.Content, rows.Size, parquetio.Options{Columns: []string{}})
	if err != nil {
		return unreadable(err)
	}
	var problems []schema.Problem
	present := map[string]bool{}
	supported := []string{}
	for _, c := range f.Columns() {
		present[c.Name] = true
		if c.Err == nil {
			supported = append(supported, c.Name)
			continue
		}
		problems = append(problems, schema.Problem{Rule: RuleUnsupported, Text: text(c.Err), Warning: true})
	}
	if _, err := parquetio.Open(rows.Content, rows.Size, parquetio.Options{Columns: supported}); err != nil {
		more, err := unreadable(err)
		return append(problems, more...), err
	}
	if rows.State != nil {
		stated, err := Statistics(rows.Content, rows.Size)
		if err != nil {
			return problems, err
		}
		rows.State(stated)
	}
	if rows.RowCount != nil && *rows.RowCount != f.Rows() {
		problems = append(problems, schema.Problem{Rule: RuleRowCount, Text: fmt.Sprintf(
			"the file has %d rows, the dataset's record in metadata.json states %d; write both from the same state", f.Rows(), *rows.RowCount)})
	}
	return append(problems, missing(rows.Model, present)...), nil
}

// unreadable turns an error about the file into a problem.
func unreadable(err error) ([]schema.Problem, error) {
	var (
		damage      *parquetio.DamageError
		limit       *parquetio.LimitError
		unsupported *parquetio.UnsupportedError
	)
	switch {
	case errors.As(err, &unsupported):
		return []schema.Problem{{Rule: RuleUnsupported, Text: text(err), Warning: true}}, nil
	case errors.Is(err, parquetio.ErrNotParquet), errors.As(err, &damage), errors.As(err, &limit):
		return []schema.Problem{{Rule: RuleParquet, Text: text(err) + "; write the rows again"}}, nil
	}
	return nil, err
}

func text(err error) string { return strings.TrimPrefix(err.Error(), "parquetio: ") }

// missing compares the columns that a model's tables declare with those of the
// rows. Which columns the rows of several tables, or of a query, have is the
// writer's business, so there it is a warning.
func missing(model []byte, present map[string]bool) []schema.Problem {
	if model == nil {
		return nil
	}
	doc, err := strictyaml.Decode(model, strictyaml.Limits{})
	if err != nil {
		return nil // a problem of the model, which whoever validates it reports
	}
	root, _ := doc.Value.(map[string]any)
	tables, _ := root["tables"].([]any)
	virtual := false
	var absent []string
	seen := map[string]bool{}
	for _, t := range tables {
		table, _ := t.(map[string]any)
		if _, ok := table["sql"]; ok {
			virtual = true
		}
		columns, _ := table["columns"].([]any)
		for _, c := range columns {
			column, _ := c.(map[string]any)
			name, ok := column["name"].(string)
			if ok && !present[name] && !seen[name] {
				seen[name] = true
				absent = append(absent, name)
			}
		}
	}
	if len(absent) == 0 {
		return nil
	}
	return []schema.Problem{{
		Rule: RuleColumns, Warning: len(tables) != 1 || virtual,
		Text: fmt.Sprintf("the rows lack %s that the model declares: %s; write the rows again or correct the model", counted(len(absent)), list(absent)),
	}}
}

func counted(n int) string {
	if n == 1 {
		return "a column"
	}
	return fmt.Sprintf("%d columns", n)
}

// list quotes the first few names.
func list(names []string) string {
	const shown, longest = 8, 64
	var quoted []string
	for i, name := range names {
		if i == shown {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, fmt.Sprintf("%+.*q", longest, name))
	}
	return strings.Join(quoted, ", ")
}
