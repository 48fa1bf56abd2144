package corstest

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecors/routecors/internal/origin"
)

// A Profile is a browser with the memory that its pages share: cookies and the
// preflight cache. Two tests that are not to know of each other take two. It is not
// safe for concurrent use.
type Profile struct {
	t      testing.TB
	base   *url.URL
	client transport
	cache  preflightCache
	ahead  time.Duration // of the real clock

	cookies     *cookiejar.Jar
	anywhere    *cookiejar.Jar            // those with SameSite=None; Secure, for cross-site requests
	partitioned map[string]*cookiejar.Jar // those with Partitioned, by the site of the page
}

// Browser returns a new browser for which every URL, of any origin, leads to server:
// over a real connection, with the Host that the URL says. A URL without a host is
// of https://server.test. The end of the test closes the server.
func Browser(t testing.TB, server http.Handler) *Profile {
	t.Helper()
	if server == nil {
		t.Fatal("corstest: nil handler; pass what the program serves")
	}
	return newProfile(t, "https://server.test", serve(t, server))
}

// BrowserAt returns a new browser on the real network. A URL without a host is of
// baseURL, such as "http://127.0.0.1:8080".
func BrowserAt(t testing.TB, baseURL string) *Profile {
	t.Helper()
	return newProfile(t, baseURL, dial(t))
}

func newProfile(t testing.TB, baseURL string, client transport) *Profile {
	t.Helper()
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" || !isHTTP(base) {
		t.Fatalf("corstest: base URL %q: write scheme and host, such as http://127.0.0.1:8080", baseURL)
	}
	return &Profile{t: t, base: base, client: client, cache: preflightCache{},
		cookies: newJar(), anywhere: newJar(), partitioned: map[string]*cookiejar.Jar{}}
}

// Wait moves the clock of the preflight cache ahead, without waiting. Cookies do
// not age.
func (p *Profile) Wait(d time.Duration) { p.ahead += d }

func (p *Profile) now() time.Time { return time.Now().Add(p.ahead) }

// Page returns a page of origin, such as "https://app.example.com": a top-level
// document with its scripts. "null" is one of an opaque origin, such as a
// sandboxed iframe.
func (p *Profile) Page(of string) *Page {
	p.t.Helper()
	if !origin.Valid(of) {
		p.t.Fatalf("corstest: page %q: write a serialized origin, such as https://app.example.com, or null", of)
	}
	page := &Page{profile: p, origin: of, site: siteOf(of)}
	if page.site == "" {
		page.site = fmt.Sprintf("%p", page) // an opaque origin is the same as no other
	}
	return page
}

// A Page is a document whose scripts fetch.
type Page struct {
	profile *Profile
	origin  string
	site    string // scheme and registrable domain
}

// A FetchOption is a member of the second argument of fetch():
// https://fetch.spec.whatwg.org/#requestinit.
type FetchOption func(*requestInit)

type requestInit struct {
	header                      []field
	body                        *string
	mode, credentials, redirect string
	unknown                     []string
}

// A field is one header, as it was given.
type field struct{ name, value string }

// Header appends a header. Those that no script may set are dropped, as browsers do.
func Header(name, value string) FetchOption {
	return func(i *requestInit) { i.header = append(i.header, field{name, value}) }
}

// Body sets the body, a string. Without a Content-Type, it is
// "text/plain;charset=UTF-8".
func Body(text string) FetchOption { return func(i *requestInit) { i.body = &text } }

// Mode sets the mode: "cors", the default, "no-cors" or "same-origin".
func Mode(mode string) FetchOption {
	return choice(func(i *requestInit) *string { return &i.mode }, "mode", mode, "cors", "no-cors", "same-origin")
}

// Credentials sets the credentials mode: "same-origin", the default, "include" or
// "omit". Cookies are credentials; no other kind is simulated.
func Credentials(mode string) FetchOption {
	return choice(func(i *requestInit) *string { return &i.credentials }, "credentials", mode, "same-origin", "include", "omit")
}

// Redirect sets the redirect mode: "follow", the default, "error" or "manual".
func Redirect(mode string) FetchOption {
	return choice(func(i *requestInit) *string { return &i.redirect }, "redirect", mode, "follow", "error", "manual")
}

func choice(of func(*requestInit) *string, name, value string, values ...string) FetchOption {
	return func(i *requestInit) {
		if !slices.Contains(values, value) {
			i.unknown = append(i.unknown, fmt.Sprintf("%s %q: write one of %s", name, value, strings.Join(values, ", ")))
			return
		}
		*of(i) = value
	}
}

// A Response is what fetch() gives to the page, and what was done to get it.
type Response struct {
	// Type is "basic" for a response of the page's own origin, "cors" for another one
	// that is shared with it, "opaque" and "opaqueredirect" for those of which it sees
	// nothing, and "error" if fetch() failed: then Failure says why.
	// See https://fetch.spec.whatwg.org/#concept-response-type.
	Type string

	Status     int         // 0 where the page cannot see it
	Header     http.Header // what the page can read, nothing else
	Body       string      // "" where the page cannot see it
	URL        string      // the last one of the redirects
	Redirected bool

	Failure   *Failure   // nil unless Type is "error"
	Exchanges []Exchange // what went over the wire, in order
}

// Readable reports whether the page can read the response, whatever its status.
func (r *Response) Readable() bool { return r.Type == "basic" || r.Type == "cors" }

// Sent reports whether the request itself went over the wire, not a preflight
// alone. A page often cannot read the answer to what it did send.
func (r *Response) Sent() bool {
	return slices.ContainsFunc(r.Exchanges, func(e Exchange) bool { return !e.Preflight })
}

// String says what the page got, and how, over several lines.
func (r *Response) String() string {
	var b strings.Builder
	b.WriteString(r.Type)
	if r.Status != 0 {
		fmt.Fprintf(&b, " %d", r.Status)
	}
	if r.Failure != nil {
		b.WriteString(": " + r.Failure.Error())
	}
	for _, e := range r.Exchanges {
		b.WriteString("\n\t" + e.String())
	}
	return b.String()
}

// An Exchange is one request with the response to it, whole.
type Exchange struct {
	Preflight      bool
	Method, URL    string
	RequestHeader  http.Header
	Status         int // 0 if there was no response
	ResponseHeader http.Header
}

// String returns the exchange in one line, without the headers that have nothing to
// do with CORS.
func (e Exchange) String() string {
	s := e.Method + " " + e.URL + relevant(e.RequestHeader) + " -> "
	if e.Status == 0 {
		return s + "no response"
	}
	return fmt.Sprintf("%s%d%s", s, e.Status, relevant(e.ResponseHeader))
}

func relevant(h http.Header) string {
	var out []string
	for name, values := range h {
		if name == "Origin" || name == "Location" || strings.HasPrefix(name, "Access-Control-") {
			out = append(out, name+": "+strings.Join(values, ", "))
		}
	}
	if out == nil {
		return ""
	}
	slices.Sort(out)
	return " (" + strings.Join(out, "; ") + ")"
}

// A Failure is the step of the Fetch standard that ended a fetch in a network
// error. A page sees nothing of it; a browser's console says some.
type Failure struct {
	Step   string // the algorithm: "CORS check"
	Reason string // what it found: "the response has no Access-Control-Allow-Origin"
	Link   string // to the algorithm

	// Preflight tells that it was the response to the preflight.
	Preflight bool
}

// Error returns all of it in one line.
func (f *Failure) Error() string {
	s := f.Step
	if f.Preflight {
		s += " of the preflight"
	}
	return s + ": " + f.Reason + " (" + f.Link + ")"
}

// CanRead reports whether the page can read what Fetch gets, whatever the status.
func (page *Page) CanRead(method, url string, options ...FetchOption) bool {
	page.profile.t.Helper()
	return page.Fetch(method, url, options...).Readable()
}

// Fetch does what fetch(url, {method: method, …}) does in a script of the page. A
// url without a host is of the browser's base. An option that does not exist fails
// the test.
func (page *Page) Fetch(method, url string, options ...FetchOption) *Response {
	p := page.profile
	p.t.Helper()
	i := requestInit{mode: "cors", credentials: "same-origin", redirect: "follow"}
	for _, option := range options {
		option(&i)
	}
	for _, u := range i.unknown {
		p.t.Fatalf("corstest: %s", u)
	}
	u, err := parseURL(p.base, url)
	if err != nil {
		p.t.Fatalf("corstest: %v", err)
	}
	req, failure := page.newRequest(method, u, i)
	if failure != nil {
		return &Response{Type: "error", Failure: failure}
	}
	return req.fetch()
}
