package page

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stopBrowser ends the browser of all tests.
var stopBrowser = func() {}

// browser is one headless Chromium; each test opens tabs of it.
var browser = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("the tests need a browser: install the Debian package chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("proxy-server", "socks5://127.0.0.1:9")) // no network: nobody listens there
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	stopBrowser = func() { stop(); stopAllocator() }
	return ctx, chromedp.Do(ctx)
})

// tab is a page in the browser, without network.
type tab struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	loaded   []string // addresses that were asked for
	problems []string // what the console, the policy and the inspector say
}

// action is a step in a tab.
type action = chromedp.Action[chromedp.Void]

// call makes a command of the protocol an action.
func call[P, R any](command cdp.Command[P, R], params P) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// doing evaluates an expression for what it does.
func doing(expression string) action { return chromedp.Evaluate[chromedp.Void](expression) }

// until waits for an expression to become true.
func until(expression string) action { return chromedp.Poll[chromedp.Void](expression) }

// open shows the page in a new tab of the given width.
func open(t testing.TB, html string, width int64, before ...action) *tab {
	t.Helper()
	ctx, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancelTimeout := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTimeout)
	tab := &tab{TB: t, ctx: ctx}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, tab.listen); err != nil {
		t.Fatal(err)
	}
	tab.run(
		call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}), call(audits.Enable, cdp.Empty{}), call(runtime.Enable, cdp.Empty{}),
		chromedp.EmulateViewport(width, 900))
	tab.run(before...)
	tab.run(chromedp.Navigate("file://"+file), chromedp.WaitReady("footer"))
	return tab
}

func (t *tab) listen(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.loaded = append(t.loaded, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		t.problems = append(t.problems, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		t.problems = append(t.problems, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		t.problems = append(t.problems, fmt.Sprintf("log: %s: %s", e.Entry.Level, e.Entry.Text))
	case *audits.EventIssueAdded:
		t.problems = append(t.problems, "issue: "+string(e.Issue.Code))
	}
}

func (t *tab) run(actions ...action) {
	t.Helper()
	if err := chromedp.Do(t.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval evaluates an expression and returns its value as text.
func (t *tab) eval(expression string) string {
	t.Helper()
	value, err := chromedp.Run(t.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// want evaluates an expression and compares.
func (t *tab) want(expression, want string) {
	t.Helper()
	if got := t.eval(expression); got != want {
		t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// quiet demands that the page asked for nothing and that nobody complained.
func (t *tab) quiet() {
	t.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.problems) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(t.problems, "\n"))
	}
	if len(t.loaded) != 1 || !strings.HasPrefix(t.loaded[0], "file://") {
		t.Errorf("the page loads more than itself: %v", t.loaded)
	}
}

// shown counts the elements that a selector matches and that take up room.
func shown(selector string) string {
	return fmt.Sprintf(`Array.from(document.querySelectorAll(%q)).filter(e => e.getBoundingClientRect().width > 0 && e.checkVisibility()).length`, selector)
}

func TestBrowserShowsThePage(t *testing.T) {
	for _, width := range []int64{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, " ", scheme), func(t *testing.T) {
				media := call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				tab := open(t, written(t, samplePlan(), nil, sampleOptions()), width, media)
				tab.want(shown("svg.graph .node"), "7")
				tab.want(shown("svg.graph .edge"), "5")
				tab.want(shown(".assets tbody tr"), "8")
				tab.want("document.documentElement.scrollWidth <= innerWidth", "true") // the page itself never scrolls sideways
				tab.want(fmt.Sprintf("matchMedia('(prefers-color-scheme: %s)').matches", scheme), "true")
				tab.contrast()
				tab.quiet()
			})
		}
	}
}

// contrast demands the ratio of WCAG 2.2, 1.4.3 (AA) of the text on the page.
func (t *tab) contrast() {
	t.Helper()
	t.want(`(() => {
		const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
		const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return Array.from(canvas.getImageData(0, 0, 1, 1).data); };
		const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
		const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
		const bad = new Set();
		for (const e of document.querySelectorAll('body *:not(svg *, script, style)')) {
			if (!e.checkVisibility() || !Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim())) continue;
			const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
			if ((a + .05) / (b + .05) < 4.5) bad.add(e.tagName + '.' + e.className + ' ' + ((a + .05) / (b + .05)).toFixed(2));
		}
		return Array.from(bad).join(', ');
	})()`, "")
}

func TestBrowserFilters(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280)
	tab.want("document.querySelector('.filter').hidden", "false")
	tab.run(chromedp.SendKeys("#find", "revenue"))
	tab.want(shown(".assets tbody tr"), "2")
	tab.want("document.querySelector('.found').textContent", "2 of 8 listed")
	tab.want(shown(".workspace"), "1")
	tab.run(chromedp.SetValue("#by-kind", "alert"), doing("document.getElementById('by-kind').dispatchEvent(new Event('input', {bubbles: true}))"))
	tab.want(shown(".assets tbody tr"), "1")
	// A link to a row that the filter hides lifts the filter.
	tab.run(doing(`location.hash = document.querySelector('.node[aria-label^="dataset Machines"]').getAttribute('href')`))
	tab.run(until(`document.getElementById('find').value === ''`))
	tab.want(shown(".assets tbody tr"), "8")
	// By full id, which shows only as a tooltip.
	tab.run(chromedp.SendKeys("#find", testID('e', 2)))
	tab.want(shown(".assets tbody tr"), "1")
	tab.quiet()
}

func TestBrowserSorts(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280)
	tab.run(doing(`window.sales = Array.from(document.querySelectorAll('.assets')).find(t => t.rows.length > 4); sales.querySelector('th.a button').click()`))
	first := `sales.tBodies[0].rows[0].cells[2].textContent`
	tab.want(first+".startsWith('Detail')", "true")
	tab.want("sales.querySelector('th.a').getAttribute('aria-sort')", "ascending")
	tab.run(doing(`sales.querySelector('th.a button').click()`))
	tab.want(first+".startsWith('Revenue drops')", "true")
	tab.want("sales.querySelector('th.a').getAttribute('aria-sort')", "descending")
	tab.quiet()
}

func TestBrowserLightsUpByKeyboard(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280)
	tab.want("document.querySelectorAll('.lit').length", "0")
	tab.run(doing(`document.querySelector('.legend').tabIndex = -1; document.querySelector('.legend').focus()`))
	reached := ""
	for range 12 {
		tab.run(chromedp.KeyEvent(kb.Tab))
		if reached = tab.eval(`document.activeElement.getAttribute('aria-label') || ''`); strings.HasPrefix(reached, "report Revenue") {
			break
		}
	}
	if !strings.HasPrefix(reached, "report Revenue, fork; needs 2 here") {
		t.Fatalf("the tab key leads to %q", reached)
	}
	// Revenue needs Orders and Detail, which needs Returns.
	tab.want(`Array.from(document.querySelectorAll('.node.on .label'), e => e.textContent).sort().join()`, "Detail,Orders,Returns,Revenue")
	tab.want("document.querySelectorAll('.edge.on').length", "4")
	tab.run(chromedp.KeyEvent(kb.Enter))
	tab.run(until(`location.hash !== '' && document.querySelector(':target').matches('tr')`))
	tab.want(`document.querySelector(':target').textContent.includes('Revenue (copy)')`, "true")
	tab.quiet()
}

func TestBrowserLightsUpByPointer(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280)
	tab.run(chromedp.ScrollIntoView(".node.overwrite"), doing(`document.querySelector('.node.overwrite .box').dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))`))
	tab.want(`Array.from(document.querySelectorAll('.node.on .label'), e => e.textContent).sort().join()`, "Detail,Returns,Revenue")
	tab.run(doing(`document.querySelector('svg.lit').dispatchEvent(new PointerEvent('pointerleave'))`))
	tab.want("document.querySelectorAll('.lit, .on').length", "0")
	tab.quiet()
}

func TestBrowserAccessibility(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280)
	tree, err := chromedp.Call(tab.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		label := ""
		if n.Name != nil {
			label = strings.Trim(string(n.Name.Value), `"`)
		}
		role := strings.Trim(string(n.Role.Value), `"`)
		seen[role] = append(seen[role], label)
	}
	for _, want := range [][2]string{
		{"heading", "Plan of an import into Acme"}, {"heading", "1 of 10 assets blocked"}, {"heading", "Decisions"}, {"heading", "Dependencies"},
		{"table", "Assets of Sales"}, {"table", "Connections that the target does not have"}, {"columnheader", "Why, and what changes"},
		{"navigation", "Contents"}, {"main", ""}, {"searchbox", "Find"}, {"link", "report Detail, create; needs 2 here; needed by 1 here"},
		{"list", "Assets by decision"}, {"status", ""},
	} {
		if !slices.ContainsFunc(seen[want[0]], func(label string) bool { return strings.HasPrefix(label, want[1]) }) {
			t.Errorf("no %s named %q among %q", want[0], want[1], seen[want[0]])
		}
	}
	for _, role := range []string{"link", "button", "table", "heading", "combobox", "searchbox"} {
		if slices.Contains(seen[role], "") {
			t.Errorf("a %s has no name", role)
		}
	}
	// Headings go down one level at a time.
	tab.want(`Array.from(document.querySelectorAll('h1, h2, h3, h4'), h => Number(h.tagName[1])).reduce(([ok, last], n) => [ok && n <= last + 1, n], [true, 0])[0]`, "true")
}

// TestBrowserWithoutScript: everything can be read.
func TestBrowserWithoutScript(t *testing.T) {
	tab := open(t, written(t, samplePlan(), nil, sampleOptions()), 1280, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	tab.want(shown("svg.graph .node"), "7")
	tab.want(shown(".assets tbody tr"), "8")
	tab.want(shown(".filter"), "0")
}

func TestBrowserPrints(t *testing.T) {
	plan := largePlan(150, false)
	tab := open(t, written(t, plan, nil, Options{}), 1280)
	tab.want("document.querySelectorAll('details:not([open])').length > 0", "true")
	pdf, err := chromedp.Run(tab.ctx, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	if len(pdf) < 10_000 || string(pdf[:5]) != "%PDF-" {
		t.Errorf("%d bytes, beginning %q", len(pdf), pdf[:min(5, len(pdf))])
	}
	tab.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	tab.want(shown(".contents, .filter, a.jump"), "0")
	tab.want("getComputedStyle(document.body).backgroundColor", "rgb(255, 255, 255)")
	tab.want(shown(".fold tbody tr")+" === document.querySelectorAll('.fold tbody tr').length", "true") // what is folded is printed
	tab.quiet()
}

func TestBrowserWithHostileNames(t *testing.T) {
	for _, width := range []int64{1280, 400} {
		tab := open(t, written(t, hostilePlan(), nil, hostileOptions()), width)
		tab.want("document.title.includes('owned') && document.title.startsWith('Import')", "true") // the text, not its effect
		tab.want("document.images.length + document.scripts.length + document.styleSheets.length", "2")
		tab.want("document.documentElement.scrollWidth <= innerWidth", "true")
		tab.want(shown(".esc")+" > 50", "true")
		tab.quiet()
	}
}

// TestBrowserKeepsThePolicy: had a name got through as markup, it would still
// do nothing, and the tests would notice.
func TestBrowserKeepsThePolicy(t *testing.T) {
	html := strings.Replace(written(t, samplePlan(), nil, Options{}), "<footer>", `<script>document.title = 'owned'</script><img src="http://192.0.2.1/x.png"><p style="color:red"></p><footer>`, 1)
	tab := open(t, html, 1280)
	tab.want("document.title.includes('owned')", "false")
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if len(tab.problems) < 3 {
		t.Errorf("the browser says only: %v", tab.problems)
	}
}

func TestBrowserWithLargePlan(t *testing.T) {
	tab := open(t, written(t, largePlan(20_000, true), nil, Options{}), 1280)
	tab.want(shown("svg.graph .node")+" > 40", "true")
	tab.want("document.querySelectorAll('.assets tbody tr').length", "3000")
	tab.run(chromedp.SetValue("#find", "report 177"), doing("document.getElementById('find').dispatchEvent(new Event('input', {bubbles: true}))"))
	tab.want("document.querySelector('.found').textContent === document.querySelectorAll('.assets tbody tr:not(.off)').length + ' of 3,000 listed'", "true")
	tab.want(shown(".assets tbody tr")+" > 10", "true")
	tab.quiet()
}
