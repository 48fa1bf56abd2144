package inspect_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answer returns the part of the page that answers, as text.
func answer(t *testing.T, h http.Handler, pairs ...string) string {
	t.Helper()
	w := get(h, "GET", "/internal/cors"+query(append(pairs, "part", "answer")...))
	if w.Code != 200 {
		t.Fatalf("%q: %d", pairs, w.Code)
	}
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(w.Body.String(), "")
	return html.UnescapeString(text)
}

// pres returns the texts of the requests and responses.
func pres(t *testing.T, h http.Handler, pairs ...string) (texts []string) {
	t.Helper()
	body := get(h, "GET", "/internal/cors"+query(append(pairs, "part", "answer")...)).Body.String()
	for _, m := range regexp.MustCompile(`(?s)<pre>(.*?)</pre>`).FindAllStringSubmatch(body, -1) {
		texts = append(texts, html.UnescapeString(m[1]))
	}
	return texts
}

func TestExchanges(t *testing.T) {
	h, _ := newSite(t)
	const preflight = `OPTIONS /articles/7 HTTP/1.1
Host: example.com
Origin: https://app.example.com
Access-Control-Request-Headers: content-type
Access-Control-Request-Method: PUT
`
	want := []string{preflight, `HTTP/1.1 204 No Content
Access-Control-Allow-Headers: content-type
Access-Control-Allow-Methods: PUT
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Max-Age: 600
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
`, `PUT /articles/7 HTTP/1.1
Host: example.com
Origin: https://app.example.com
Content-Type: application/json
`, `HTTP/1.1 (as the handler says)
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Expose-Headers: Etag
Vary: Origin
`}
	if diff := cmp.Diff(want, pres(t, h, "origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type")); diff != "" {
		t.Errorf("allowed (-want +got)\n%s", diff)
	}

	want = []string{strings.Replace(preflight, "content-type", "content-type,x-a", 1), `HTTP/1.1 403 Forbidden
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers

routecors: request header "x-a" is not among `, `PUT /articles/7 HTTP/1.1
Host: example.com
Origin: https://app.example.com
Content-Type: text/x
Cookie: …
X-A: 1
`}
	got := pres(t, h, "origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type: text/x\nX-A", "credentials", "yes")
	if len(got) == 3 {
		got[1] = got[1][:min(len(got[1]), len(want[1]))] // the rest is the sentence of Explain
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got)\n%s", diff)
	}

	want = []string{`GET /articles HTTP/1.1
Host: api.example
Origin: https://app.example.com
`, `HTTP/1.1 (as the handler says)
Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: Etag
`}
	if diff := cmp.Diff(want, pres(t, h, "origin", app, "url", "https://user@api.example/articles#x")); diff != "" {
		t.Errorf("without a preflight (-want +got)\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	h, _ := newSite(t)
	tests := []struct {
		pairs []string
		wants []string
	}{
		{[]string{"origin", app, "url", "/articles"}, []string{"Yes.", "GET http://example.com/articles", "allowed", "the key * decides", "passed"}},
		{[]string{"origin", app, "method", "DELETE", "url", "/articles/all"}, []string{"No.", "route-not-added", "failed", "not reached", "The request, which the browser does not send"}},
		{[]string{"origin", app, "url", "/admin/stats"}, []string{"No.", "origin-denied", "To change it: ", "The console of Chromium says: Access to fetch at"}},
		{[]string{"origin", partner, "url", "/orders/1", "credentials", "yes"}, []string{"Yes.", "with credentials", `"allow_credentials":true`, "group"}},
		{[]string{"origin", app, "url", "/articles", "credentials", "yes"}, []string{"No.", "credentials-with-wildcard"}},
		{[]string{"origin", app, "url", "/nowhere"}, []string{"No.", "route-not-found", "HTTP/1.1 404 Not Found"}},
		{[]string{"origin", app, "method", "OPTIONS", "url", "/articles/7", "headers", "Access-Control-Request-Method: PUT"}, []string{"Yes.", "The CORS-preflight request", "HTTP/1.1 204 No Content"}},
		{[]string{"origin", "http://example.com", "method", "PUT", "url", "/articles/7"}, []string{"No.", "whose pages need no permission"}},

		{[]string{"url", "/articles"}, []string{"Page: give the origin"}},
		{[]string{"origin", app}, []string{"URL: give a path"}},
		{[]string{"origin", app, "url", "articles"}, []string{"URL: give a path"}},
		{[]string{"origin", app, "url", "ftp://a.example/"}, []string{"URL: give a path"}},
		{[]string{"origin", app, "url", "/%zz"}, []string{"URL: give a path"}},
		{[]string{"origin", app, "url", "/" + strings.Repeat("a", 8<<10)}, []string{"URL: give a path"}},
		{[]string{"origin", "a\x00b", "url", "/"}, []string{"Page: no browser sends"}},
		{[]string{"origin", app, "url", "/", "method", "P T"}, []string{`Method: "P T" is not a method`}},
		{[]string{"origin", app, "url", "/", "headers", "a b"}, []string{`Headers: "a b" is not a header name`}},
		{[]string{"origin", app, "url", "/", "headers", "cookie: a=b"}, []string{"tick “with credentials”"}},
		{[]string{"origin", app, "url", "/", "headers", "Host: a"}, []string{"a page cannot set Host"}},
		{[]string{"origin", app, "url", "/", "headers", "X-A: \x01"}, []string{"the value of X-A cannot be sent"}},
		{[]string{"origin", app, "url", "/", "headers", strings.Repeat("X-A\n", 101)}, []string{"there are more than 100"}},
		{[]string{"method", "P T", "headers", "\x00", "url", "x"}, []string{"Page: ", "Method: ", "URL: ", "Headers: "}},
	}
	for _, test := range tests {
		text := answer(t, h, test.pairs...)
		for _, want := range test.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%.80q: no %q in\n%.2000s", test.pairs, want, text)
			}
		}
	}
	if text := answer(t, h, "method", "PUT"); strings.TrimSpace(text) != "" {
		t.Errorf("nothing was asked: %s", text)
	}
}

// TestForm: the form keeps what was asked, for who has no script.
func TestForm(t *testing.T) {
	h, _ := newSite(t)
	asked := query("origin", app, "method", "PUT", "url", "/articles/7", "headers", "Content-Type\nX-A: 1", "credentials", "yes", "filter", "articles")
	body := get(h, "GET", "/internal/cors"+asked).Body.String()
	for _, want := range []string{
		`name="origin" value="` + app + `"`, `name="method" value="PUT"`, `name="url" value="/articles/7"`, ">Content-Type\nX-A: 1</textarea>",
		`name="credentials" value="yes" checked>`, `name="filter" value="articles"`, `<option value="` + app + `">`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(get(h, "GET", "/internal/cors").Body.String(), "checked>") {
		t.Error("credentials are on by themselves")
	}
}

// TestEscaped: what is typed is text, wherever it stands.
func TestEscaped(t *testing.T) {
	h, _ := newSite(t)
	const evil = `"'><script>alert(1)</script>`
	for _, pairs := range [][]string{
		{"origin", evil, "method", evil, "url", "/" + evil, "headers", "X-A: " + evil, "filter", evil},
		{"origin", evil, "url", "/articles/" + evil, "headers", "X-A: " + evil, "method", "PUT", "filter", evil},
	} {
		body := get(h, "GET", "/internal/cors"+query(pairs...)).Body.String()
		if n := strings.Count(strings.ToLower(body), "<script"); n != 1 {
			t.Errorf("%d scripts", n)
		}
		if strings.Contains(body, `"'>`) || !strings.Contains(body, html.EscapeString(`<script>alert(1)`)) {
			t.Errorf("not escaped, or not there")
		}
	}
}
