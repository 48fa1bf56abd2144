package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/routecors/routecors"
)

// A scenario is one button of the page. The table of them is what the page shows and
// does, and what the tests compare browsers with.
type scenario struct {
	ID      string  `json:"id"`
	Title   string  `json:"-"`
	Lesson  string  `json:"-"`
	Fetches []fetch `json:"fetches"` // one after the other
}

// A fetch is one call of fetch(), and what is to come of it.
type fetch struct {
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	Headers     map[string]string `json:"headers,omitempty"`
	Body        string            `json:"body,omitempty"`
	Credentials bool              `json:"credentials,omitempty"`

	App      outcome `json:"app"`      // for the app's page
	Stranger outcome `json:"stranger"` // for the same page of another origin
}

// An outcome is what a fetch leads to.
type outcome struct {
	Preflight preflight        `json:"preflight"`
	Ran       bool             `json:"ran"`    // a handler of the API
	Status    int              `json:"status"` // that the page reads; 0 if fetch() fails
	Reason    routecors.Reason `json:"reason"` // by Explain, of the last request that was received
}

// A preflight is what became of it.
type preflight string

const (
	none     preflight = "none" // is needed
	kept     preflight = "kept" // the answer to an earlier one
	approved preflight = "approved"
	refused  preflight = "refused"
)

// Outcomes that are common.
var (
	unlisted = outcome{refused, false, 0, routecors.OriginNotListed} // a preflight says so
	blind    = outcome{none, true, 0, routecors.OriginNotListed}     // sent, but the response is not shared
	lost     = outcome{none, false, 0, routecors.RouteNotFound}
	moved    = outcome{none, false, 0, routecors.Redirected}
)

var (
	asJSON = map[string]string{"Content-Type": "application/json"}
	token  = map[string]string{"Authorization": "Bearer secret"}
)

const note = `{"text": "Water the plants."}`

// groups is the page, from top to bottom.
var groups = []struct {
	Title     string
	Scenarios []scenario
}{
	{"Start here", []scenario{
		{"public", "Anyone may read this",
			`The key of its policy is "*": the response is shared with every page. A GET without unusual headers is sent at once.`,
			[]fetch{
				{"GET", "/weather", nil, "", false, outcome{none, true, 200, routecors.Allowed}, outcome{none, true, 200, routecors.Allowed}},
			}},
		{"put", "A PUT with JSON",
			`No form can send this method or this Content-Type. So the browser first asks, by a preflight, whether the page may.`,
			[]fetch{
				{"PUT", "/notes/7", asJSON, note, false, outcome{approved, true, 200, routecors.Allowed}, unlisted},
			}},
		{"header", "A header that is not allowed",
			`The preflight names every unusual header. X-Color is not among AllowHeaders, and the PUT is never sent. WithDebug lets the browser’s console name it.`,
			[]fetch{
				{"PUT", "/notes/7", map[string]string{"X-Color": "green"}, "", false, outcome{refused, false, 0, routecors.HeaderNotAllowed}, unlisted},
			}},
	}},
	{"Reading", []scenario{
		{"listed", "Only the app may read this",
			`A page that is not listed sends the request all the same, and the handler runs. What it does not get is the response.`,
			[]fetch{
				{"GET", "/profile", nil, "", false, outcome{none, true, 200, routecors.Allowed}, blind},
			}},
		{"denied", "Everyone but the app may read this",
			`An exact origin beats "*": here the app’s own key says Deny, and strangers are let in.`,
			[]fetch{
				{"GET", "/offer", nil, "", false, outcome{none, true, 0, routecors.OriginDenied}, outcome{none, true, 200, routecors.Allowed}},
			}},
		{"not-found", "A 404 that no page can read",
			`No route was added at this URL, so nothing is shared: to the page, a 404 looks like a server that is down.`,
			[]fetch{
				{"GET", "/wether", nil, "", false, lost, lost},
			}},
		{"redirect", "One slash too few",
			`The router redirects to /archive/. Its redirect has no CORS header, and the browser follows only those that are shared.`,
			[]fetch{
				{"GET", "/archive", nil, "", false, moved, moved},
			}},
	}},
	{"Writing", []scenario{
		{"private", "A private route beside a public one",
			`DELETE /notes/{id} is open to the app; DELETE /notes/all is nobody’s. The preflight is answered for the route that would run, not for every pattern that matches.`,
			[]fetch{
				{"DELETE", "/notes/7", nil, "", false, outcome{approved, true, 200, routecors.Allowed}, unlisted},
				{"DELETE", "/notes/all", nil, "", false, outcome{refused, false, 0, routecors.RouteNotAdded}, outcome{refused, false, 0, routecors.RouteNotAdded}},
			}},
		{"any-method", "A route without a method",
			`It runs for every method, and allows pages GET, HEAD and POST until AllowMethods says more. PATCH is refused.`,
			[]fetch{
				{"POST", "/search", nil, "plants", false, outcome{none, true, 200, routecors.Allowed}, blind},
				{"PATCH", "/search", nil, "", false, outcome{refused, false, 0, routecors.MethodNotAllowed}, unlisted},
			}},
		{"form", "A POST that asks nobody",
			`What a form can send, every page can send: this private handler runs. CORS guards the reading; http.CrossOriginProtection guards the sending.`,
			[]fetch{
				{"POST", "/guestbook", nil, "Was here.", false, outcome{none, true, 0, routecors.RouteNotAdded}, outcome{none, true, 0, routecors.RouteNotAdded}},
			}},
		{"max-age", "A preflight that is kept",
			`MaxAge lets the browser keep the answer for this URL: the second PUT is sent without asking. (Developer tools that disable the cache disable this one.)`,
			[]fetch{
				{"PUT", "/notes/8", asJSON, note, false, outcome{approved, true, 200, routecors.Allowed}, unlisted},
				{"PUT", "/notes/8", asJSON, note, false, outcome{kept, true, 200, routecors.Allowed}, unlisted},
			}},
	}},
	{"With credentials", []scenario{
		{"cookie", "A cookie for the app",
			`AllowCredentials, for one origin that is listed: the page signs in, and the cookie goes with its next request.`,
			[]fetch{
				{"POST", "/login", nil, "", true, outcome{none, true, 200, routecors.Allowed}, blind},
				{"GET", "/me", nil, "", true, outcome{none, true, 200, routecors.Allowed}, blind},
			}},
		{"star", `A cookie against "*"`,
			`Everyone may read the weather, but not with a cookie: the browser takes no "*" for a request with credentials.`,
			[]fetch{
				{"POST", "/login", nil, "", true, outcome{none, true, 200, routecors.Allowed}, blind},
				{"GET", "/weather", nil, "", true, outcome{none, true, 0, routecors.CredentialsWithWildcard}, outcome{none, true, 0, routecors.CredentialsWithWildcard}},
			}},
		{"auth", "A 401 that the page can read",
			`Auth refuses before the route runs. cors.Handler stands before auth: the preflight passes, and the page reads the 401 and can send the token.`,
			[]fetch{
				{"GET", "/reports", nil, "", false, outcome{none, false, 401, routecors.Allowed}, outcome{none, false, 0, routecors.OriginNotListed}},
				{"GET", "/reports", token, "", false, outcome{approved, true, 200, routecors.Allowed}, unlisted},
			}},
	}},
}

// Code returns the call as a script has it.
func (f fetch) Code() string {
	var init []string
	set := func(name, value string) { init = append(init, "\n  "+name+": "+value+",") }
	if f.Method != "GET" {
		set("method", strconv.Quote(f.Method))
	}
	if f.Headers != nil {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
			list = append(list, strconv.Quote(name)+": "+strconv.Quote(f.Headers[name]))
		}
		set("headers", "{"+strings.Join(list, ", ")+"}")
	}
	var object map[string]string
	switch {
	case f.Body != "" && json.Unmarshal([]byte(f.Body), &object) == nil:
		set("body", "'"+f.Body+"'")
	case f.Body != "":
		set("body", strconv.Quote(f.Body))
	}
	if f.Credentials {
		set("credentials", `"include"`)
	}
	url := "api + " + strconv.Quote(f.Path)
	if init == nil {
		return "await fetch(" + url + ")"
	}
	return "await fetch(" + url + ", {" + strings.Join(init, "") + "\n})"
}
