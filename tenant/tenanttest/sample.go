package tenanttest

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/oneanalytics/oa-archive/layout"
)

// Ids of the sample tenant, in ascending order.
const (
	workspaceA = "0b54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	workspaceB = "9c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f"
	absent     = "77777777-7777-4777-8777-777777777777"
	dataset1   = "1a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	dataset2   = "fa5e562b-ab37-4b9b-9de3-1be4335c8e83"
	report1    = "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	report2    = "3a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	alert1     = "0a5e562b-ab37-4b9b-9de3-1be4335c8e83"
	file1      = "4a5e562b-ab37-4b9b-9de3-1be4335c8e83"
)

// Rows as this module's parquetio writes them, three and none: a store that
// keeps rows as tables gives the same bytes back.
var (
	//go:embed rows/orders.parquet
	rowsOfOrders []byte
	//go:embed rows/none.parquet
	rowsOfReturns []byte
)

// An original is one entry as the suite stored it.
type original struct {
	path    string
	content []byte
}

func (o original) name() layout.Name {
	n, err := layout.Parse(o.path)
	if err != nil {
		panic(err)
	}
	return n
}

// sample returns a small tenant with every kind of entry, in canonical order.
func sample() []original {
	a, b := "workspaces/"+workspaceA, "workspaces/"+workspaceB
	text := func(path, format string, args ...any) original {
		return original{path, fmt.Appendf(nil, format, args...)}
	}
	return []original{
		text(a+"/metadata.json", `{"workspace":{"id":%q,"name":"Sales"},"datasets":[{"id":%q,"name":"Orders","mode":"import","version":1,"owner":"usr_1"}]}`, workspaceA, dataset1),
		text(a+"/datasets/"+dataset1+"/model.yaml", "dataset: orders # by hand\n"),
		{a + "/datasets/" + dataset1 + "/rows.parquet", rowsOfOrders},
		text(a+"/datasets/"+dataset2+"/model.yaml", "dataset: returns\n"),
		{a + "/datasets/" + dataset2 + "/rows.parquet", rowsOfReturns},
		text(a+"/reports/"+report1+".json", `{"id":%q,"workspace":%q,"name":"Revenue","owner":"usr_1"}`, report1, workspaceA),
		text(a+"/reports/"+report2+".json", `{"id":%q,"workspace":%q,"name":"Returns"}`, report2, workspaceA),
		text(a+"/alerts/"+alert1+".json", `{"id":%q,"workspace":%q,"name":"Drop","owner":null}`, alert1, workspaceA),
		text(a+"/files/"+file1, "a;b\r\n1;2\r\n"),
		text(b+"/metadata.json", `{"workspace":{"id":%q,"name":"Ops"}}`, workspaceB),
		text(b+"/reports/"+report1+".json", `{"id":%q,"workspace":%q,"name":"Same id elsewhere"}`, report1, workspaceB),
		text("audit/events.ndjson", "{\"event\":1}\n{\"event\":2}\n"),
		text("extensions/com.example-2/flags.json", `{}`),
		text("extensions/com.example/flags.json", `{"dark":true}`),
		text("extensions/org.example/a/b_c-d.2", "nested"),
	}
}

// contentsOfEveryShape returns uploaded files whose bytes are easily spoiled.
func contentsOfEveryShape() []original {
	const mib = 1 << 20
	shapes := [][]byte{
		{}, {0}, []byte("x"), []byte("line\r\nline\nline\r"), []byte("\xef\xbb\xbfwith a byte order mark"),
		[]byte("nul\x00inside\x00"), {0xff, 0xfe, 0xc3, 0x28}, []byte("  spaces around \t\n\n"), []byte("'; DROP TABLE documents; --"),
		noise(mib - 1), noise(mib), noise(mib + 1), noise(2 * mib), noise(4*mib + 123), bytes.Repeat([]byte{0}, 5*mib),
	}
	var all []original
	for i, content := range shapes {
		all = append(all, original{fmt.Sprintf("workspaces/%s/files/%08d-0000-4000-8000-000000000000", workspaceA, i), content})
	}
	all = append(all,
		original{"workspaces/" + workspaceA + "/metadata.json", []byte("\xef\xbb\xbf{ \"not\": quite JSON\r\n")},
		original{"workspaces/" + workspaceA + "/reports/" + report1 + ".json", []byte("{\"name\" : \"a\\u0000b\",\r\n \"name\": 1e400}")},
		original{"workspaces/" + workspaceA + "/alerts/" + alert1 + ".json", []byte{}},
		original{"workspaces/" + workspaceA + "/datasets/" + dataset1 + "/model.yaml", []byte("b: 1\r\na: 2   # kept\r\n")},
	)
	sortOriginals(all)
	return all
}

// many returns n reports in canonical order, over two workspaces.
func many(n int) []original {
	var all []original
	for i := range n {
		ws := workspaceA
		if i >= n/2 {
			ws = workspaceB
		}
		id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)
		all = append(all, original{"workspaces/" + ws + "/reports/" + id + ".json", fmt.Appendf(nil, `{"id":%q,"name":"Report %d"}`, id, i)})
	}
	return all
}

func sortOriginals(all []original) {
	slices.SortFunc(all, func(x, y original) int { return layout.Compare(x.name(), y.name()) })
}

// noise returns n bytes that look random and are the same every time.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	_, _ = r.Read(b)
	return b
}
