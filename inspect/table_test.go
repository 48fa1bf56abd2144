package inspect_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/inspect"
	"github.com/routecors/routecors/stdmux"
)

// rows returns the cells of the table as text, those of a row with bars between.
func rows(t *testing.T, h http.Handler, target string) (list []string) {
	t.Helper()
	body := get(h, "GET", target).Body.String()
	for _, tr := range regexp.MustCompile(`(?s)<tr role="row">(.*?)</tr>`).FindAllStringSubmatch(body, -1) {
		var cells []string
		for _, cell := range regexp.MustCompile(`(?s)<t[hd] [^>]*>(.*?)</t[hd]>`).FindAllStringSubmatch(tr[1], -1) {
			cells = append(cells, html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell[1], "")))
		}
		list = append(list, strings.Join(cells, " | "))
	}
	return list
}

func TestTable(t *testing.T) {
	h, _ := newSite(t)
	tests := []struct {
		filter string
		want   []string
	}{
		{"", []string{
			"Route | https://admin.example.com | https://app.example.com | https://shop.partner.example | https://*.preview.example.com | * any other origin",
			"POST /admin/reset | private",
			"GET /admin/stats | GET with credentials | denied by * | denied by * | denied by * | denied",
			"GET /articles | GET by * | GET by * | GET by * | GET by * | GET",
			"DELETE /articles/all | private",
			"DELETE /articles/{id} | – | DELETE | – | DELETE | –",
			"GET /articles/{id} | GET by * | GET by * | GET by * | GET by * | GET",
			"PUT /articles/{id} | – | PUT | – | PUT | –",
			"GET /internal/cors | private",
			"POST /orders | denied by * | denied by * | POST with credentials | denied by * | denied",
			"GET /orders/{id} | denied by * | denied by * | GET with credentials | denied by * | denied",
			"/search | – | GET, HEAD, POST | – | GET, HEAD, POST | –",
		}},
		{"put /art", []string{
			"Route | https://admin.example.com | https://app.example.com | https://shop.partner.example | https://*.preview.example.com | * any other origin",
			"PUT /articles/{id} | – | PUT | – | PUT | –",
		}},
		{"admin", []string{ // routes and an origin
			"Route | https://admin.example.com",
			"POST /admin/reset | private",
			"GET /admin/stats | GET with credentials",
		}},
		{"nothing", nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, rows(t, h, "/internal/cors"+query("filter", test.filter, "part", "routes"))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", test.filter, diff)
		}
	}
}

// TestTableAgrees: what a cell shows is what its own link is answered.
func TestTableAgrees(t *testing.T) {
	h, _ := newSite(t)
	cell := regexp.MustCompile(`<td role="cell" class="(\w+)[^"]*"><a data-origin="[^"]*" href="([^"]*)#answer"`)
	body := get(h, "GET", "/internal/cors").Body.String()
	found := cell.FindAllStringSubmatch(body, -1)
	if len(found) != 8*5 {
		t.Fatalf("%d cells", len(found))
	}
	for _, m := range found {
		target := html.UnescapeString(m[2])
		got := strings.Contains(get(h, "GET", "/internal/cors"+target+"&part=answer").Body.String(), "Yes.")
		if want := m[1] == "open" || m[1] == "credentials"; got != want {
			t.Errorf("%s is %s, and answered with yes: %v", target, m[1], got)
		}
	}
}

// TestPatternColumns: what a pattern stands for, by the other policies.
func TestPatternColumns(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil)
	must(t, err)
	for i, key := range []string{"http://localhost:*", "http://localhost:80*", "https://*.a.example", "https://*.b.a.example", `regexp:https://[a-z]+\.c\.example`, "null", "*"} {
		must(t, cors.Add(router.Handle(fmt.Sprintf("GET /%d", i), says("")), routecors.Policy{key: {}}))
	}
	covering := router.Resource("/covered")
	covering.Handle("GET", says(""))
	must(t, cors.Add(covering, routecors.Policy{"null": {AllowMethods: []string{"GET"}}}))
	mux.Handle("GET /cors", inspect.Handler(cors))
	want := []string{
		`Route | null | http://localhost:* | http://localhost:80* | https://*.a.example | https://*.b.a.example | regexp:https://[a-z]+\.c\.example | * any other origin`,
		"GET /0 | – | GET | GET by http://localhost:* | – | – | – | –",
		"GET /1 | – | GET by http://localhost:80* | GET | – | – | – | –",
		"GET /2 | – | – | – | GET | GET by https://*.a.example | – | –",
		"GET /3 | – | – | – | – | GET | – | –",
		"GET /4 | – | – | – | – | – | GET | –",
		"GET /5 | GET | – | – | – | – | – | –",
		"GET /6 | GET by * | GET by * | GET by * | GET by * | GET by * | – | GET",
		"GET /covered covered by its resource | GET | – | – | – | – | – | –",
	}
	if diff := cmp.Diff(want, rows(t, mux, "/cors?part=routes")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if body := get(mux, "GET", "/cors").Body.String(); !strings.Contains(body, "The router cannot be listed") {
		t.Error("it is not said that a ServeMux cannot be listed")
	}
}

// TestLarge: a thousand routes and a thousand origins are a page of bounded size, which
// says what it leaves out.
func TestLarge(t *testing.T) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	defaults := routecors.Policy{}
	for i := range 1000 {
		defaults[fmt.Sprintf("https://tenant-%04d.example", i)] = routecors.ResourceOptions{}
	}
	cors, err := routecors.Setup(router, defaults)
	must(t, err)
	for i := range 1000 {
		must(t, cors.Add(router.Handle(fmt.Sprintf("PUT /route-%04d/{id}", i), says(""))))
	}
	mux.Handle("GET /cors", inspect.Handler(cors))
	start := time.Now()
	w := get(mux, "GET", "/cors")
	t.Logf("%d bytes in %v", w.Body.Len(), time.Since(start))
	if w.Body.Len() > 1<<19 {
		t.Errorf("the page has %d bytes", w.Body.Len())
	}
	for _, want := range []string{"1000 routes: 1000 open", "900 more routes match", "992 more origins match", "900 more are not shown"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("it is not said: %s", want)
		}
	}
	want := []string{"Route | https://tenant-0987.example", "PUT /route-0000/{id} | PUT"}
	if got := rows(t, mux, "/cors?part=routes&filter=0987.EXAMPLE"); len(got) != 101 || cmp.Diff(want, got[:2]) != "" {
		t.Errorf("by origin: %d rows, %q", len(got), got[:min(2, len(got))])
	}
	if got := rows(t, mux, "/cors?part=routes&filter=route-0987"); len(got) != 2 || !strings.HasPrefix(got[1], "PUT /route-0987/{id} | ") {
		t.Errorf("by route: %q", got)
	}
}

func TestRefusals(t *testing.T) {
	h, _ := newSite(t)
	body := func() string {
		return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(get(h, "GET", "/internal/cors?part=refusals").Body.String(), " ")), " ")
	}
	if got := body(); got != "Nothing was refused." {
		t.Error(got)
	}
	refuse(h)
	want := "Route Reason What Count" +
		" PUT /articles/{id} origin-not-listed preflight refused 17" +
		" POST /orders origin-denied response not shared 1" +
		" none that was added route-not-added preflight refused 5"
	if diff := cmp.Diff(want, body()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	get(h, "GET", "/internal/cors"+query("origin", "https://evil.example", "method", "PUT", "url", "/articles/7"))
	if diff := cmp.Diff(want, body()); diff != "" {
		t.Errorf("a question counts (-want +got)\n%s", diff)
	}
}

func TestFindings(t *testing.T) {
	h, cors := newSite(t)
	body := html.UnescapeString(get(h, "GET", "/internal/cors").Body.String())
	findings := cors.Audit()
	if len(findings) == 0 {
		t.Fatal("the audit has nothing to say")
	}
	for _, f := range findings {
		for _, want := range []string{f.Severity.String(), f.Code, f.Route, f.Origin, f.Reason, f.Remedy} {
			if !strings.Contains(body, want) {
				t.Errorf("no %q", want)
			}
		}
	}
	empty := inspect.Handler(newCors(t))
	if body := get(empty, "GET", "/").Body.String(); !strings.Contains(body, "everything is private") {
		t.Errorf("an empty registry\n%s", body)
	}
}
