package page

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oneanalytics/oa-archive/access"
	"github.com/oneanalytics/oa-archive/restore"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

func TestPlanPage(t *testing.T) {
	page := written(t, samplePlan(), nil, sampleOptions())
	for _, want := range []string{
		"<title>Import plan · Acme</title>",
		`<h1>Plan of an import into <bdi>Acme</bdi></h1>`,
		"1 of 10 assets blocked",
		"then 1 asset would be overwritten, 1 forked, 1 merged and 4 created.",
		"Written by oa-archive v1.2.3 on 2026-11-22 09:30 UTC",
		"h1:content", "h1:before", "beef", "backup@acme.example", "SHA256:abc", "eu-north-1",
		"2026-11-21 08:15:00 UTC",
		"needs connection &#34;slack&#34;, which is not in the target",
		"--map-connection slack=NAME", "--map-user usr_anna=ID", "anna@corp.example",
		"the archive is older than the target",
		"Revenue (copy)",
		"oa-archive plan acme.oa-archive --into sqlite:acme.db --on-conflict fork",
		`aria-label="report Detail, create; needs 2 here; needed by 1 here"`,
		"Beside the workspaces",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "Outcome") || strings.Contains(page, "are counted") {
		t.Error("the page has parts that it should not have")
	}
}

func TestVerdicts(t *testing.T) {
	plan := unblocked(samplePlan())
	nothing := newPlan(step(restore.Workspace, testID('a', 1), testID('a', 1), "Sales", restore.Unchanged))
	result := sampleResult(plan)
	already := *result
	already.AlreadyApplied = true
	for _, c := range []struct {
		name   string
		plan   *restore.Plan
		result *restore.Result
		err    error
		want   []string
	}{
		{"ready", plan, nil, nil, []string{"Nothing is blocked", "1 asset would be overwritten, 1 forked, 1 merged and 4 created; 2 stay as they are. 7 entries, 14.4 KiB would be written."}},
		{"nothing", nothing, nil, nil, []string{"Nothing to do", "The target already holds"}},
		{"done", plan, result, nil, []string{"<h2 id=\"verdict\">Imported</h2>", "each read back and compared", testID('9', 1), "h1:after", "2026-11-22 09:31:05 UTC"}},
		{"already", plan, &already, nil, []string{"Already imported", "Nothing was written now"}},
		{"no-op", nothing, &restore.Result{Plan: nothing.ID}, nil, []string{"The target had everything already"}},
		{"failed", plan, nil, errors.New("disk on fire\n  really"), []string{"The import failed", "<p><bdi>disk on fire</bdi></p>\n<p><bdi>really</bdi></p>"}},
		{"stale", plan, nil, fmt.Errorf("x: %w", &restore.StaleError{Changed: []restore.Drift{{Path: "p/q", What: "gone"}}}), []string{"the plan is stale", "p/q: gone"}},
		{"blocked", samplePlan(), nil, &restore.BlockedError{Steps: samplePlan().BlockedSteps()}, []string{"Not imported: 1 asset blocked"}},
		{"unknown", plan, nil, &restore.CommitError{Err: io.ErrUnexpectedEOF}, []string{"The outcome is not known", "before the import or after it"}},
		{"other archive", plan, nil, restore.ErrArchiveChanged, []string{"do not belong together"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := written(t, c.plan, c.result, Options{Err: c.err, Hint: "do this"})
			for _, want := range c.want {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if strings.Contains(page, "<span>to create</span>") == (c.result != nil) && c.plan != nothing {
				t.Error("the counts are not in the right tense")
			}
			if strings.Contains(page, "do this") != (c.err != nil) {
				t.Error("the hint is not where it belongs")
			}
		})
	}
}

func TestProof(t *testing.T) {
	plan := unblocked(samplePlan())
	r := sampleResult(plan)
	r.Deleted = 2
	r.Proof = &restore.Proof{Equal: true, Entries: 9, Bytes: 2048, SameAsArchive: true, ChangedSince: "later"}
	r.Insurance = &restore.InsuranceRef{Location: "/backup/<b>", Entries: 3, Bytes: 1024}
	page := written(t, plan, r, Options{})
	for _, want := range []string{"✓ 9 entries, 2.00 KiB, are as the plan says, and are what the archive holds", "later", "/backup/&lt;b&gt; (3 entries, 1.00 KiB)", "<bdi>2 entries</bdi>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	r.Proof.Equal = false
	if page := written(t, plan, r, Options{}); !strings.Contains(page, "✗ the target is not as the plan says") {
		t.Error("a difference does not show")
	}
}

func TestSigners(t *testing.T) {
	for _, c := range []struct {
		signer *Signer
		want   string
	}{
		{nil, ""},
		{&Signer{Trust: Trusted, Principal: "me"}, "✓ trusted: <bdi>me</bdi>"},
		{&Signer{Trust: Untrusted, Reason: "key expired", Principal: "me"}, "✗ not trusted: <bdi>key expired</bdi> (<bdi>me</bdi>)"},
		{&Signer{Trust: Unknown}, "? signer unknown"},
		{&Signer{Trust: Unsigned}, "✗ not signed"},
	} {
		page := written(t, samplePlan(), nil, Options{Signer: c.signer})
		if !strings.Contains(page, c.want) || strings.Contains(page, "<dt>signature</dt>") != (c.signer != nil) {
			t.Errorf("%+v: the page lacks %q", c.signer, c.want)
		}
	}
}

func TestSameBytes(t *testing.T) {
	for _, p := range []*restore.Plan{samplePlan(), largePlan(2000, false), largePlan(2000, true)} {
		if first, second := written(t, p, nil, Options{}), written(t, p, nil, Options{}); first != second {
			t.Error("the same plan gives other bytes")
		}
	}
	if page := written(t, samplePlan(), nil, Options{}); strings.Contains(page, "2026-11-22") {
		t.Error("the page states a time that nobody gave")
	}
}

// TestNotices: a table of the plan's own sentences is a section of the page.
func TestNotices(t *testing.T) {
	n := &notice{ID: "access", Title: "Access", Lead: "Who gains or loses what.", Caption: "Changes of access", Columns: []string{"Change", "To allow it"}}
	for i := range maxMissing + 3 {
		n.add(sentence(fmt.Sprint("Anna may edit report ", i, " <b>")), name("--allow-access x"))
	}
	d := newDocument(samplePlan(), nil, Options{MaxRows: 10, MaxNodes: 10})
	d.Tables = []*notice{n}
	d.Sections = d.contents()
	var b strings.Builder
	if err := templates().ExecuteTemplate(&b, "page", d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<a href="#access">Access <span class="n">503</span></a>`, `<section id="access" class="panel">`, "<caption>Changes of access</caption>",
		"<td><bdi>Anna may edit report 499 &lt;b&gt;</bdi></td>", "3 more lines in the plan",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestAccessAndAsleep(t *testing.T) {
	plan := samplePlan()
	plan.Access = []access.Change{
		{ID: "00000000000a", Sentence: "Bob loses report Revenue"},
		{ID: "00000000000b", Sentence: "Anna may edit report Revenue <b>", Widens: true},
		{ID: "00000000000c", Sentence: "Carl may edit report Revenue", Widens: true},
	}
	plan.Options.AllowAccess = []string{"00000000000c"}
	plan.Asleep = []restore.Asleep{{Kind: "alert", Asset: "x", Name: "Drops", What: "it is paused", Wake: "set it to active"}}
	page := written(t, plan, nil, Options{})
	at := 0
	for _, want := range []string{
		`<a href="#access">Permissions <span class="n">3</span></a>`, `<section id="access"`,
		"Anna may edit report Revenue &lt;b&gt;", "--allow-access 00000000000b", "Carl may edit", "widens, and is allowed", "Bob loses",
		`<section id="asleep"`, "What arrives switched off", "Drops", "it is paused", "set it to active",
	} {
		found := strings.Index(page[at:], want)
		if found < 0 {
			t.Fatalf("the page lacks %q where it belongs", want)
		}
		at += found
	}
	r := sampleResult(plan)
	if page := written(t, plan, r, Options{}); strings.Contains(page, `id="asleep"`) {
		t.Error("what the result does not name is not asleep")
	}
	r.Asleep = plan.Asleep
	if page := written(t, plan, r, Options{}); !strings.Contains(page, "What arrived switched off") {
		t.Error("what the result names is missing")
	}
}

// TestDeletions: what an exact restore deletes comes right after what is blocked.
func TestDeletions(t *testing.T) {
	plan := newPlan(step(restore.Report, testID('a', 1), testID('e', 1), "Kept", restore.Create), step(restore.Report, testID('a', 1), testID('e', 2), "Gone", restore.Delete))
	page := written(t, plan, nil, Options{MaxRows: 1})
	for _, want := range []string{"1 asset would be deleted and 1 created", `data-d="delete"`, "Not listed: 1 to create"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	plan := samplePlan()
	for name, err := range map[string]error{
		"rows":          Write(io.Discard, plan, nil, Options{MaxRows: -1}),
		"nodes":         Write(io.Discard, plan, nil, Options{MaxNodes: -1}),
		"no plan":       Write(io.Discard, nil, nil, Options{}),
		"two outcomes":  Write(io.Discard, plan, &restore.Result{}, Options{Err: io.EOF}),
		"broken writer": Write(brokenWriter{}, plan, nil, Options{}),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "page: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Write(brokenWriter{}, plan, nil, Options{}); !errors.Is(err, errDisk) {
		t.Error(err)
	}
}

var errDisk = errors.New("disk full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }

// hostileNames are what an archive may hold to mislead whoever reads the page.
var hostileNames = []string{
	`<script>document.title="owned"</script>`,
	`"><img src=x onerror="document.title='owned'">`,
	`</style><style>body{display:none}</style>`,
	`</title></svg><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	`{{.Plan}}`,
	"invoice\u202egnp.exe",
	"\u2066isolated\u2069 \u200bzero\ufeff width",
	"nul\x00 bell\x07 \x1b[31mred",
	"broken \xff\xfe utf-8",
	"line\nbreak\u2028and\u2029more",
	strings.Repeat("W", 100_000),
	strings.Repeat("e\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 40),
	"עברית العربية 日本語 🎉",
}

// hostilePlan has hostile text wherever a plan has text from outside.
func hostilePlan() *restore.Plan {
	var steps []restore.Step
	previous := ""
	for i, bad := range hostileNames {
		ws := testID('a', i)
		w := step(restore.Workspace, ws, ws, bad, restore.Create)
		r := step(restore.Report, ws, testID('e', i), bad, restore.Blocked, testID('d', i), previous)
		r.Blocked, r.Changes, r.NewName, r.Reason, r.Why, r.TargetID = []string{bad}, []string{bad + " "}, bad+"!", bad, bad, bad
		e := step(restore.Extension, "", "extensions/"+bad, bad, restore.Skip)
		steps = append(steps, w, step(restore.Dataset, ws, testID('d', i), bad, restore.Create), r, e)
		previous = r.ID
	}
	p := newPlan(steps...)
	p.Warnings = hostileNames
	for _, bad := range hostileNames {
		p.Unresolved = append(p.Unresolved, restore.Unresolved{Kind: "user", ID: bad, Name: bad, Email: bad, Effect: bad, UsedBy: []string{bad, testID('e', 1)}},
			restore.Unresolved{Kind: bad, ID: "x", Effect: bad})
	}
	return p
}

func hostileOptions() Options {
	all := strings.Join(hostileNames[:11], " ")
	return Options{
		Generator: all, Archive: all, Tenant: Tenant{all, all, all}, Store: all, TargetName: all, Err: errors.New(all), Hint: all,
		Signer: &Signer{Trust: Untrusted, Principal: all, Fingerprint: all, Reason: all}, Next: []Command{{all, all}},
	}
}

func TestHostileText(t *testing.T) {
	page := written(t, hostilePlan(), nil, hostileOptions())
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
	for _, r := range page {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfeff || r == 0x2028 {
			t.Fatalf("%U is on the page as it is", r)
		}
	}
	for tag, want := range map[string]int{"<script": 1, "<style": 1, "<img": 0, "onload=": -1, "<title>Import": 1, "</body>": 1} {
		if got := strings.Count(page, tag); want >= 0 && got != want {
			t.Errorf("%d times %s, want %d", got, tag, want)
		}
	}
	if !strings.Contains(page, `<span class="esc">\u202e</span>`) || !strings.Contains(page, `more characters</span>`) {
		t.Error("what is spelled out or cut is not marked")
	}
	if len(page) > 2<<20 {
		t.Errorf("%d bytes", len(page))
	}
	if handlers := regexp.MustCompile(`<[a-z]+(?: [a-z-]+(?:="[^"]*")?)* (on[a-z]+|style)=`).FindString(page); handlers != "" {
		t.Error(handlers)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostileNames {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{string(name(s)), string(sentence(s))} {
			inner := strings.TrimSuffix(strings.TrimPrefix(out, "<bdi>"), "</bdi>")
			inner = regexp.MustCompile(`<span class="(esc|cut)">([^<>"]*)</span>|<code class="id" title="[0-9a-f-]{36}">[0-9a-f]{8}</code>`).ReplaceAllString(inner, "")
			if strings.ContainsAny(inner, "<>\"'\x00\n\u202e") || !utf8.ValidString(out) {
				t.Fatalf("%q became %q", s, out)
			}
		}
	})
}

func TestLargePlans(t *testing.T) {
	for _, all := range []bool{false, true} {
		plan := largePlan(20_000, all)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		page := written(t, plan, nil, Options{})
		runtime.ReadMemStats(&after)
		if size := len(page); size > 6<<20 {
			t.Errorf("all=%v: %d bytes", all, size)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
			t.Errorf("all=%v: %d MiB allocated in all", all, used>>20)
		}
		if rows := strings.Count(page, `<tr id="s`); rows != defaultRows {
			t.Errorf("all=%v: %d rows", all, rows)
		}
		nodes := strings.Count(page, `<a class="node`)
		if nodes > defaultNodes || nodes < 40 {
			t.Errorf("all=%v: %d nodes", all, nodes)
		}
		for _, want := range []string{"3,000 assets are listed one by one", "Not listed: ", "stands for several assets", `class="stack"`} {
			if !strings.Contains(page, want) {
				t.Errorf("all=%v: the page lacks %q", all, want)
			}
		}
		if !all && !strings.Contains(page, `aria-label="report Report 400, overwrite; needs 1 here"`) {
			t.Error("a report that changes is not drawn by itself")
		}
	}
}

// TestSizeIsBounded: whatever the names, and however many workspaces.
func TestSizeIsBounded(t *testing.T) {
	for _, bad := range []string{strings.Repeat("\u202e", 700), strings.Repeat("\"", 700)} {
		var steps []restore.Step
		var texts []string
		for n := range 20 {
			texts = append(texts, fmt.Sprint(n, bad))
		}
		for i := range 1500 {
			ws := testID('a', i)
			r := step(restore.Report, ws, testID('e', i), bad, restore.Blocked, testID('e', i/2), testID('e', i/3), testID('e', i/4))
			r.Blocked, r.Changes = texts, texts
			steps = append(steps, step(restore.Workspace, ws, ws, bad, restore.Create), r)
		}
		plan := newPlan(steps...)
		for i := range 1000 {
			plan.Unresolved = append(plan.Unresolved, restore.Unresolved{Kind: "user", ID: fmt.Sprint(bad, i), Name: bad, Email: bad, Effect: fmt.Sprint(bad, i)})
		}
		page := written(t, plan, nil, Options{})
		if len(page) > 10<<20 {
			t.Errorf("%.3q: %d bytes", bad, len(page))
		}
		if !strings.Contains(page, "more workspaces. The plan’s document has them.") {
			t.Errorf("%.3q: the workspaces that are left out are not counted", bad)
		}
	}
}

// TestRowsForWhatChanges gives the few rows to what an import changes most.
func TestRowsForWhatChanges(t *testing.T) {
	page := written(t, samplePlan(), nil, Options{MaxRows: 3})
	rows := regexp.MustCompile(`<tr id="s\d+" data-d="(\w+)"`).FindAllStringSubmatch(page, -1)
	var got []string
	for _, r := range rows {
		got = append(got, r[1])
	}
	if strings.Join(got, " ") != "overwrite fork blocked" {
		t.Errorf("rows: %v", got)
	}
	for _, want := range []string{
		"Not listed: 2 to create, 1 unchanged. The plan’s document has them.", // Sales
		"Not listed: 1 to create. ", "Not listed: 1 left out. ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestLinksLeadSomewhere: every link on the page is to a part of it.
func TestLinksLeadSomewhere(t *testing.T) {
	for name, page := range map[string]string{
		"sample":  written(t, samplePlan(), nil, sampleOptions()),
		"few":     written(t, samplePlan(), nil, Options{MaxRows: 2, MaxNodes: 3}),
		"wide":    written(t, largePlan(3000, true), nil, Options{MaxRows: 1}),
		"large":   written(t, largePlan(3000, true), nil, Options{MaxRows: 50}),
		"hostile": written(t, hostilePlan(), nil, hostileOptions()),
	} {
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("%s: the id %s is there twice", name, m[1])
			}
			ids[m[1]] = true
		}
		links := regexp.MustCompile(` href="([^"]*)"`).FindAllStringSubmatch(page, -1)
		for _, m := range links {
			if m[1][0] != '#' || !ids[m[1][1:]] {
				t.Errorf("%s: a link leads to %q", name, m[1])
			}
		}
		if len(links) < 5 {
			t.Errorf("%s: only %d links", name, len(links))
		}
	}
}
