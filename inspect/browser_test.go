package inspect_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecors/routecors/internal/browsers"
)

// open opens the page in Chromium.
func open(t *testing.T, scheme string, width int) *browsers.Page {
	if testing.Short() {
		t.Skip("starts Chromium")
	}
	program := browsers.Require(t, "chromium")
	h, _ := newSite(t)
	refuse(h)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	p := program.Open(t)
	p.Emulate(width, 900, scheme)
	p.Go(strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/internal/cors")
	return p
}

const verdict = "document.querySelector('#answer .verdict')?.textContent"

// quiet fails if the console has anything, such as what the
// Content-Security-Policy forbids.
func quiet(t *testing.T, p *browsers.Page) {
	t.Helper()
	if got := p.Console(); len(got) > 0 {
		t.Errorf("the console: %q", got)
	}
}

// TestMouse clicks through the form, and sees that the page does not load anew.
func TestMouse(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			p := open(t, scheme, 1280)
			p.Eval("window.same = true")
			p.Click("[name=origin]")
			p.Type(app)
			p.Click("[name=method]")
			p.Eval("document.activeElement.select()")
			p.Type("PUT")
			p.Click("[name=url]")
			p.Type("/articles/7")
			p.Click("[name=headers]")
			p.Type("Content-Type")
			p.Click("#ask button")
			p.Wait(verdict + "?.startsWith('\\nYes.')")
			p.Wait("document.getElementById('status').textContent.startsWith('Yes. PUT ')")
			p.Click("[name=credentials]")
			p.Click("#ask button")
			p.Wait(verdict + "?.includes('credentials-not-allowed')")

			p.Click("#routes td.denied a")
			p.Wait(verdict + "?.includes('origin-denied')")
			p.Wait("document.activeElement.id === 'answer'")
			p.Click("#routes td.credentials a")
			p.Wait(verdict + "?.startsWith('\\nYes.')")
			if p.Eval("document.querySelector('[name=credentials]').checked") != "true" {
				t.Error("a cell with credentials asks without")
			}
			p.Click("#refresh")
			p.Wait("document.getElementById('status').textContent === 'Counted again.'")
			if p.Eval("window.same") != "true" {
				t.Error("the page was loaded anew")
			}
			quiet(t, p)

			// What the address bar has now is the same, without a script too.
			before := p.Eval(verdict)
			p.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
			p.Go(p.Eval("location.href"))
			if got := p.Eval(verdict); got != before {
				t.Errorf("without a script: %q, with: %q", got, before)
			}
			p.Click("#ask button")
			p.Loaded()
			if got := p.Eval(verdict); got != before {
				t.Errorf("sent without a script: %q, with: %q", got, before)
			}
			quiet(t, p)
		})
	}
}

// TestKeyboard does all that the page can do, by keys alone.
func TestKeyboard(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			p := open(t, scheme, 1280)
			name := func() string { return p.Eval("document.activeElement.name ?? document.activeElement.tagName") }
			p.Press("Tab", "Tab", "Tab", "Tab", "Tab") // the links to the parts
			if got := name(); got != "origin" {
				t.Fatalf("the focus is on %s", got)
			}
			p.Type(app)
			p.Press("Tab", "Tab")
			p.Type("/articles")
			p.Press("Tab", "Tab", " ", "Enter")
			p.Wait(verdict + "?.includes('credentials-with-wildcard')")

			// The filter takes all that was asked along, and leaves the answer alone.
			p.Press("Shift+Tab", "/") // the text area takes a slash for itself
			if got := p.Eval("document.querySelector('[name=headers]').value"); got != "/" {
				t.Errorf("typed into the text area: %q", got)
			}
			p.Press("Tab", "Tab", "/")
			if got := name(); got != "filter" {
				t.Fatalf("the focus is on %s", got)
			}
			p.Type("orders")
			p.Wait("document.querySelectorAll('#routes tbody tr').length === 2")
			renew := "document.getElementById('routes').old = true"
			renewed := "!document.getElementById('routes').old"
			p.Eval(renew)
			p.Press("Enter", "Tab")
			p.Wait(renewed)
			focus := "(() => { const td = document.activeElement.closest('td'); return td && td.parentElement.rowIndex + ',' + td.cellIndex })()"
			for _, test := range []struct{ key, at string }{
				{"", "1,1"}, {"ArrowRight", "1,2"}, {"ArrowRight", "1,3"}, {"ArrowDown", "2,3"}, {"ArrowDown", "2,3"},
				{"End", "2,5"}, {"ArrowRight", "2,5"}, {"Home", "2,1"}, {"ArrowUp", "1,1"}, {"ArrowLeft", "1,1"}, {"End", "1,5"}, {"ArrowLeft", "1,4"}, {"ArrowLeft", "1,3"},
			} {
				if test.key != "" {
					p.Press(test.key)
				}
				if got := p.Eval(focus); got != test.at {
					t.Errorf("after %q the focus is on %s, want %s", test.key, got, test.at)
				}
			}
			p.Eval(renew + "; document.getElementsByName('filter')[0].dispatchEvent(new Event('input'))")
			p.Wait(renewed)
			if got := p.Eval(focus); got != "1,3" {
				t.Errorf("when the table was written anew the focus is on %s", got)
			}
			if got := p.Eval("document.getElementById('detail').textContent"); !strings.HasPrefix(got, "POST /orders from "+partner+": POST with credentials") {
				t.Errorf("the detail: %q", got)
			}
			if got := p.Eval("document.querySelectorAll('#routes a[tabindex=\"0\"]').length"); got != "1" {
				t.Errorf("%s tab stops in the table", got)
			}
			p.Press("Enter")
			p.Wait(verdict + "?.startsWith('\\nYes. POST ')")
			p.Wait("document.activeElement.id === 'answer'")
			p.Press("Escape")
			if got := p.Eval(focus); got != "1,3" {
				t.Errorf("back from the answer the focus is on %s", got)
			}
			quiet(t, p)
		})
	}
}

// TestNarrow: on a phone nothing is wider than the window, and every key that a route
// has is named.
func TestNarrow(t *testing.T) {
	p := open(t, "light", 390)
	wide := "[document.documentElement, ...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth).join()"
	if got := p.Eval(wide); got != "0,0,0" {
		t.Errorf("the page and its tables are too wide by %s", got)
	}
	if got := p.Eval("document.querySelector('#routes td.credentials').offsetWidth - document.querySelector('#routes .scroll').clientWidth"); got != "0" {
		t.Errorf("a cell is wider than the window by %s", got)
	}
	for _, test := range []struct{ route, want string }{
		{"PUT /articles/{id}", `"https://app.example.com","https://*.preview.example.com"`},
		{"GET /articles", `"*"`},
	} {
		got := p.Eval(fmt.Sprintf(`[...document.querySelectorAll('#routes tbody tr')].filter(tr => tr.querySelector('th').textContent === %q)
			.flatMap(tr => [...tr.querySelectorAll('a')]).filter(a => a.offsetParent).map(a => getComputedStyle(a, '::before').content).join()`, test.route))
		if got != test.want {
			t.Errorf("%s shows %s, want %s", test.route, got, test.want)
		}
	}
	p.Eval("document.querySelector('#routes a').focus()")
	p.Press("ArrowDown", "Enter")
	p.Wait(verdict + "?.includes('origin-denied')")
	quiet(t, p)
}

// TestContrast: text and what is behind it differ by 4.5 to 1 at least.
// See https://www.w3.org/TR/WCAG22/#contrast-minimum.
func TestContrast(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			p := open(t, scheme, 1280)
			for _, q := range []string{
				query("origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type"),
				query("origin", partner, "method", "PUT", "url", "/articles/7"),
			} {
				p.Go(p.Eval("location.origin + location.pathname") + q)
				if got := p.Eval(contrast); got != "" {
					t.Errorf("too faint: %s", got)
				}
			}
		})
	}
}

// contrast lists the elements with text whose contrast is too small.
const contrast = `(() => {
	const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true})
	const rgba = (colour) => {
		context.clearRect(0, 0, 1, 1)
		context.fillStyle = colour
		context.fillRect(0, 0, 1, 1)
		return [...context.getImageData(0, 0, 1, 1).data]
	}
	const luminance = (colour) => {
		const [r, g, b] = rgba(colour).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		return 0.2126 * r + 0.7152 * g + 0.0722 * b
	}
	const behind = (e) => {
		while (e && rgba(getComputedStyle(e).backgroundColor)[3] === 0) e = e.parentElement
		return e ? getComputedStyle(e).backgroundColor : "white"
	}
	const faint = new Set()
	let texts = 0
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement
		if (!walker.currentNode.data.trim() || !e.offsetParent) continue
		texts++
		const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))].sort((a, b) => b - a)
		if ((a + 0.05) / (b + 0.05) < 4.5) faint.add(e.tagName + "." + e.className + " in " + e.parentElement.className + " " + ((a + 0.05) / (b + 0.05)).toFixed(2))
	}
	return texts < 100 ? "only " + texts + " texts" : [...faint].join("; ")
})()`
