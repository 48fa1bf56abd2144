package migrating

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/chi"
	"github.com/routecors/routecors/corstest"
	"github.com/routecors/routecors/stdmux"
)

// A row is a setting of another system, with what to write here. MIGRATING.md shows
// it, as TestDocument says, and TestRows runs it.
type row struct {
	// setting is theirs, and about what there is to say of it. With neither it is what
	// stands in the literal of theirs.
	setting, about string

	// What to write here: the defaults, an option of Setup, and code. MIGRATING.md has
	// the source of each, of code the statements. Without code the policy is that of
	// every method of /items.
	policy routecors.Policy
	option routecors.Option
	code   func(cors *routecors.CorsConfig, router *stdmux.Adapter) error
	onChi  func(cors *routecors.CorsConfig, router *chicors.Adapter) error

	// outermost is what is served; nil is cors.Handler(mux).
	outermost func(cors *routecors.CorsConfig, mux http.Handler) http.Handler

	// difference says what is not as it was, and why.
	difference string

	// unseen says that no request shows the difference.
	unseen bool

	// refused is what the setting says word for word, where Setup refuses that, and
	// reason a part of the error.
	refused routecors.Policy
	reason  string

	// theirs is the library itself, for those in Go that can be had as a module.
	theirs func(http.Handler) http.Handler

	tries []try
}

// A try is what somebody does, and what is got of it.
type try struct {
	do   func(t *testing.T, h http.Handler) string
	want string

	// theirs is what is got of theirs, where that is not the same.
	theirs string
}

// systems are the systems in the order of MIGRATING.md, by the headings there.
var systems = []struct {
	heading, file, table string // where the table is in the source
	rows                 []row
	settings             []string // the names of all that can be set
	inChi                bool     // every row runs on chi
}{
	{"aiohttp_cors", "aiohttp_cors_test.go", "aiohttpCORS", aiohttpCORS, strings.Fields(`setup defaults add webview
		allow_credentials expose_headers allow_headers max_age allow_methods CorsViewMixin cors_config custom_cors
		get_request_config`), false},
	{"django-cors-headers", "django_test.go", "djangoCORSHeaders", djangoCORSHeaders, strings.Fields(`CORS_ALLOWED_ORIGINS
		CORS_ORIGIN_WHITELIST CORS_ALLOWED_ORIGIN_REGEXES CORS_ORIGIN_REGEX_WHITELIST CORS_ALLOW_ALL_ORIGINS
		CORS_ORIGIN_ALLOW_ALL CORS_URLS_REGEX CORS_ALLOW_METHODS CORS_ALLOW_HEADERS CORS_EXPOSE_HEADERS
		CORS_PREFLIGHT_MAX_AGE CORS_ALLOW_CREDENTIALS CORS_ALLOW_PRIVATE_NETWORK check_request_enabled CSRF_TRUSTED_ORIGINS
		CORS_REPLACE_HTTPS_REFERER CorsPostCsrfMiddleware CorsMiddleware`), false},
	{"FastAPI and Starlette: CORSMiddleware", "starlette_test.go", "starletteCORS", starletteCORS, strings.Fields(`
		allow_origins allow_methods allow_headers allow_credentials allow_origin_regex allow_private_network expose_headers
		max_age`), false},
	{"asgi-cors", "asgi_cors_test.go", "asgiCORS", asgiCORS, strings.Fields(`allow_all hosts host_wildcards callback headers
		methods max_age asgi_cors_decorator`), false},
	{"asab", "asab_test.go", "asabWeb", asabWeb, strings.Fields(`cors cors_preflight_paths preflightpaths
		cors_allow_headers cors_allow_methods cors_allow_credentials enable_cors`), false},
	{"rs/cors", "rs_cors_test.go", "rsCORS", rsCORS, rsCORSSettings, false},
	{"go-chi/cors", "go_chi_cors_test.go", "goChiCORS", goChiCORS, goChiCORSSettings, true},
	{"gin-contrib/cors", "gin_cors_test.go", "ginContribCORS", ginContribCORS, ginContribCORSSettings, false},
	{"jub0bs/cors", "jub0bs_cors_test.go", "jub0bsCORS", jub0bsCORS, strings.Fields(`Origins Credentialed Methods
		RequestHeaders MaxAgeInSeconds ResponseHeaders DangerouslyTolerateInsecureOrigins
		DangerouslyTolerateSubdomainsOfPublicSuffixes PreflightSuccessStatus PrivateNetworkAccess
		NewMiddleware Wrap Reconfigure Config SetDebug cfgerrors`), false},
}

// fields returns the names of the fields of the struct T.
func fields[T any]() (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		names = append(names, field.Name)
	}
	return names
}

func TestRows(t *testing.T) {
	for _, system := range systems {
		for i, r := range system.rows {
			t.Run(fmt.Sprintf("%s/%d", system.heading, i+1), func(t *testing.T) {
				r.check(t)
				if system.inChi && r.onChi == nil {
					r.onChi = everyMethod
				}
				r.run(t)
			})
		}
	}
}

// check reports where the fields of r do not agree with each other.
func (r row) check(t *testing.T) {
	differs := r.refused != nil || r.unseen
	for _, try := range r.tries {
		if try.theirs != "" && r.theirs == nil {
			t.Error("a difference from what does not run")
		}
		differs = differs || try.theirs != ""
	}
	if differs && r.difference == "" {
		t.Error("the difference is not explained")
	}
	if r.theirs != nil && r.difference != "" && !differs {
		t.Error("no try shows the difference")
	}
	if r.policy == nil && r.option == nil && r.code == nil && r.onChi == nil || len(r.tries) == 0 {
		t.Error("nothing to write, or no try of it")
	}
}

func (r row) run(t *testing.T) {
	if r.refused != nil {
		_, err := routecors.Setup(stdmux.New(http.NewServeMux()), r.refused)
		if err == nil || !strings.Contains(err.Error(), r.reason) {
			t.Errorf("word for word: error %v, want %q", err, r.reason)
		}
	}
	ours, err := r.site()
	if err != nil {
		t.Fatal(err)
	}
	for i, try := range r.tries {
		if got := try.do(t, ours); got != try.want {
			t.Errorf("try %d: %q, want %q", i+1, got, try.want)
		}
		if r.theirs == nil {
			continue
		}
		want := cmp.Or(try.theirs, try.want)
		if got := try.do(t, r.theirs(newMux())); got != want {
			t.Errorf("try %d, theirs: %q, want %q", i+1, got, want)
		}
	}
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// site returns a server with the policy of r: /items, and /private, which is not
// added.
func (r row) site() (http.Handler, error) {
	var options []routecors.Option
	if r.option != nil {
		options = append(options, r.option)
	}
	if r.onChi != nil {
		router := chi.NewRouter()
		adapter := chicors.New(router)
		cors, err := routecors.Setup(adapter, r.policy, options...)
		if err != nil {
			return nil, err
		}
		router.Use(cors.Handler)
		router.Method("GET", "/login", login)
		router.Method("PUT", "/private", items)
		return router, r.onChi(cors, adapter)
	}
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, r.policy, options...)
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /login", login)
	mux.Handle("PUT /private", items)
	if r.code != nil {
		err := r.code(cors, router)
		if r.outermost != nil {
			return r.outermost(cors, mux), err
		}
		return cors.Handler(mux), err
	}
	for _, method := range methods {
		if err := cors.Add(router.Handle(method+" /items", items)); err != nil {
			return nil, err
		}
	}
	return cors.Handler(mux), nil
}

// everyMethod adds every method of /items.
func everyMethod(cors *routecors.CorsConfig, router *chicors.Adapter) error {
	var errs []error
	for _, method := range methods {
		errs = append(errs, cors.Add(router.Method(method, "/items", items)))
	}
	return errors.Join(errs...)
}

// newMux returns the same server without a policy, for a library round it.
func newMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /login", login)
	mux.Handle("PUT /private", items)
	for _, method := range methods {
		mux.Handle(method+" /items", items)
	}
	return mux
}

// items says who asks.
var items http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total", "3")
	w.Header().Set("X-Page", "1")
	if c, err := r.Cookie("session"); err == nil {
		fmt.Fprint(w, c.Value)
	}
})

var login http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "ann", SameSite: http.SameSiteNoneMode, Secure: true})
})

var (
	withCookies = corstest.Credentials("include")
	withOther   = corstest.Header("X-Other", "1")
	withToken   = corstest.Header("X-Token", "1")
	withJSON    = corstest.Header("Content-Type", "application/json")
	withBearer  = corstest.Header("Authorization", "Bearer 1")
)

// page does fetch() in a page of origin, in the browser of ann, who is logged in. It
// gets "refused" where the preflight keeps the request back, "blind" where the request
// is sent and the page cannot read the response, or else "reads", with the headers of
// items that it sees, and the body.
func page(origin, request string, options ...corstest.FetchOption) func(*testing.T, http.Handler) string {
	method, url, _ := strings.Cut(request, " ")
	return func(t *testing.T, h http.Handler) string {
		browser := corstest.Browser(t, h)
		browser.Page("https://server.test").Fetch("GET", "/login")
		r := browser.Page(origin).Fetch(method, url, options...)
		if !r.Readable() {
			if r.Sent() {
				return "blind"
			}
			return "refused"
		}
		words := []string{"reads"}
		for name := range r.Header {
			if strings.HasPrefix(name, "X-") {
				words = append(words, name)
			}
		}
		slices.Sort(words[1:])
		if r.Status == http.StatusOK && r.Body != "" {
			words = append(words, "as", r.Body)
		}
		return strings.Join(words, " ")
	}
}

// header sends one request, "GET /items", with the header lines that are given as
// "Name: value", and gets a header of the response, its "status", or its "body"; "none"
// where it has none.
func header(what, request string, lines ...string) func(*testing.T, http.Handler) string {
	method, url, _ := strings.Cut(request, " ")
	return func(_ *testing.T, h http.Handler) string {
		r := httptest.NewRequest(method, "https://server.test"+url, nil)
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		switch what {
		case "status":
			return strconv.Itoa(w.Code)
		case "body":
			return cmp.Or(strings.TrimSpace(w.Body.String()), "none")
		}
		var values []string
		for name, v := range w.Header() { // of which one may be "vary", beside "Vary"
			if strings.EqualFold(name, what) {
				values = append(values, v...)
			}
		}
		return cmp.Or(strings.Join(values, ", "), "none")
	}
}

// preflight is header for the preflight of a request by a page of origin.
func preflight(what, origin, request string) func(*testing.T, http.Handler) string {
	method, url, _ := strings.Cut(request, " ")
	return header(what, "OPTIONS "+url, "Origin: "+origin, "Access-Control-Request-Method: "+method)
}

// failing has an error.
var failing http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "failed", http.StatusInternalServerError)
})
