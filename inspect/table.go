package inspect

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/origin"
)

// What the table shows.
//
// A row is a route, a column the key of some policy. A cell says what a page gets that
// the key stands for: by the key itself where the policies of the route have it and it
// can decide, else by the first key that matches: RoutePolicy has them in that order.
//
// A key that is a pattern stands for one origin that it matches. A regular expression
// is not made up an origin for: where a route does not have it, the cell is empty. So is
// "*", which stands for the origins that no key names.
//
// The function of a Dynamic has no column. It decides the cells that no nearer key
// does, "*" among them, and they say no more than that: what a function says of an origin
// is found out by asking it, which the program pays for. The page does so only where
// somebody asks about an origin.
//
// Large tables are cut to the rows and columns that come first, those of most routes:
// the filter, which runs here and not in the browser, finds the others.

// maxColumns is how many origins the table has at most.
const maxColumns = 8

// A table is the routes by the origins.
type table struct {
	Filter                  string
	Columns                 []column
	Rows                    []row
	MoreColumns, MoreRows   int // that match, and are left out
	Routes, Public, Private int // of the whole table
	Complete                bool
	Asks                    bool // a function decides some cell
}

type column struct {
	Scheme, Rest string // of the key
	Key          string
	example      string // an origin that it matches; "" if none is known
	routes       int    // that have the key
}

// Exact returns the key if it is an origin, else "".
func (c column) Exact() string {
	if rank(c.Key) > 0 {
		return ""
	}
	return c.Key
}

type row struct {
	Method, Pattern string
	Public, Covered bool
	ResourcePolicy  string // Cross-Origin-Resource-Policy, if any
	Cells           []cell
	policy          routecors.RoutePolicy
}

// A cell is what a page of an origin may do with a route.
type cell struct {
	Class               string // "open", "credentials", "denied", "none", "asked" or "unlisted"
	Text, By            string // By names what decides, if it is not the key of the column
	Repeats             bool   // By has a column
	Detail              string // in a sentence
	Origin, Method, URL string // to ask about; no URL if none is known
}

// newTable returns what matches filter: rows by their name, columns by their key. Where
// it matches only one of them, all of the other are there.
func newTable(cors *routecors.CorsConfig, filter string) *table {
	t := &table{Filter: filter}
	rows, columns := t.read(cors)
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(filter)) }
	named := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !contains(nameOf(r.Method, r.Pattern)) })
	keyed := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return !contains(c.Key) })
	switch {
	case len(named) == 0 && len(keyed) == 0:
		rows, columns = nil, nil
	case len(named) == 0:
		columns = keyed
	case len(keyed) == 0:
		rows = named
	default:
		rows, columns = named, keyed
	}
	t.MoreRows, t.MoreColumns = max(0, len(rows)-maxRows), max(0, len(columns)-maxColumns)
	t.Rows, t.Columns = rows[:len(rows)-t.MoreRows], columns[:len(columns)-t.MoreColumns]
	slices.SortStableFunc(t.Columns, byKey)
	shown := map[string]bool{}
	for _, c := range t.Columns {
		shown[c.Key] = true
	}
	patterns := patterns{}
	for i, r := range t.Rows {
		if !r.Public {
			continue
		}
		for _, c := range t.Columns {
			got := patterns.cell(r, c)
			got.Repeats = shown[got.By]
			t.Asks = t.Asks || got.Class == "asked"
			t.Rows[i].Cells = append(t.Rows[i].Cells, got)
		}
	}
	return t
}

// read returns all rows, and all columns, those of most routes first.
func (t *table) read(cors *routecors.CorsConfig) (rows []row, columns []column) {
	policies := map[*routecors.Route]routecors.RoutePolicy{}
	count := map[string]int{}
	added := cors.Routes()
	for _, p := range added {
		policies[p.Route] = p
		others := false
		for _, o := range p.Origins {
			if o.Dynamic || o.Origin == "*" {
				others = true
				continue
			}
			count[o.Origin]++
		}
		if others {
			count["*"]++
		}
	}
	registered, complete := cors.AllRoutes()
	listed := map[*routecors.Route]bool{}
	for _, r := range registered {
		p, public := policies[r.Route]
		listed[r.Route] = true
		rows = append(rows, row{Method: r.Method, Pattern: r.Pattern, Public: public, Covered: p.Covered, ResourcePolicy: p.CrossOriginResourcePolicy, policy: p})
	}
	for _, p := range added { // what the router hides from its adapter
		if !listed[p.Route] {
			rows = append(rows, row{Method: p.Route.Method(), Pattern: p.Route.Pattern(), Public: true, Covered: p.Covered, ResourcePolicy: p.CrossOriginResourcePolicy, policy: p})
		}
	}
	t.Complete, t.Routes = complete, len(rows)
	for _, r := range rows {
		if r.Public {
			t.Public++
		}
	}
	t.Private = t.Routes - t.Public
	for key, n := range count {
		scheme, rest, ok := strings.Cut(key, "://")
		if scheme += "://"; !ok {
			scheme, rest = "", key
		}
		columns = append(columns, column{scheme, rest, key, example(key), n})
	}
	slices.SortFunc(columns, func(a, b column) int { return cmp.Or(cmp.Compare(b.routes, a.routes), byKey(a, b)) })
	return rows, columns
}

// byKey orders exact origins, patterns and "*".
func byKey(a, b column) int {
	return cmp.Or(cmp.Compare(rank(a.Key), rank(b.Key)), strings.Compare(a.Key, b.Key))
}

func rank(key string) int {
	switch {
	case key == "*":
		return 2
	case strings.Contains(key, "*"), strings.HasPrefix(key, "regexp:"):
		return 1
	}
	return 0
}

// example returns an origin that key matches, "" if none is known.
func example(key string) string {
	switch {
	case key == "*":
		return "https://other.invalid"
	case strings.HasPrefix(key, "regexp:"):
		return ""
	}
	origin := strings.Replace(key, "://*.", "://any.", 1)
	port, ok := strings.CutSuffix(origin, "*")
	switch {
	case !ok:
	case strings.HasSuffix(port, ":"):
		return port + "8080"
	case strings.HasPrefix(port, "http://") && strings.HasSuffix(port, ":80"), strings.HasPrefix(port, "https://") && strings.HasSuffix(port, ":443"):
		return port + "0" // an origin does not spell out the default port
	default:
		return port
	}
	return origin
}

// patterns are the keys that are no exact origins, parsed once.
type patterns map[string]origin.Pattern

// match reports whether key matches o.
func (known patterns) match(key, o string) bool {
	switch {
	case key == "*":
		return true
	case rank(key) == 0:
		return key == o
	}
	p, ok := known[key]
	if !ok {
		p, _ = origin.ParsePattern(key) // Add took it
		known[key] = p
	}
	return p.Match(o)
}

// cell returns what pages that c stands for may do with r.
func (known patterns) cell(r row, c column) cell {
	p := r.policy
	target := cell{Origin: c.example, Method: r.Method, URL: urlOf(p.Sample)}
	asked := slices.IndexFunc(p.Origins, func(o routecors.OriginPolicy) bool { return o.Dynamic })
	own := slices.IndexFunc(p.Origins, func(o routecors.OriginPolicy) bool { return o.Origin == c.Key })
	first := slices.IndexFunc(p.Origins, func(o routecors.OriginPolicy) bool {
		return o.Dynamic || c.Key != "*" && c.example != "" && known.match(o.Origin, c.example)
	})
	switch {
	case own >= 0 && (asked < 0 || own < asked):
		return target.with(p.Origins[own])
	case own < 0 && c.example == "" && asked != 0, first < 0:
	case first == asked:
		return target.ask(p.Origins[asked])
	default:
		target.By = p.Origins[first].Origin
		return target.with(p.Origins[first])
	}
	target.Class, target.Text = "unlisted", "–"
	target.Detail = "no policy of the route lists it"
	if c.example == "" {
		target.Detail = "the policies of the route do not have this pattern; what decides depends on the origin"
	}
	return target
}

// ask says that the function of o decides.
func (c cell) ask(o routecors.OriginPolicy) cell {
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	c.Class, c.Text = "asked", "a function decides"
	c.Detail = "the function of the layer “" + o.Layer + "” decides; it is asked only where a question names an origin"
	return c
}

// with says in words that o decides.
func (c cell) with(o routecors.OriginPolicy) cell {
	methods := strings.Join(o.Methods, ", ")
	if methods == "*" {
		methods = "every method"
	}
	if c.Method == "" && len(o.Methods) > 0 {
		c.Method = http.MethodGet
		if o.Methods[0] != "*" && !slices.Contains(o.Methods, c.Method) {
			c.Method = o.Methods[0]
		}
	}
	by := "by " + o.Origin + " of the layer “" + o.Layer + "”"
	switch {
	case o.Options.Deny:
		c.Class, c.Text, c.Detail = "denied", "denied", "denied, "+by
		return c
	case len(o.Methods) == 0:
		c.Class, c.Text, c.Detail = "none", "no method", "AllowMethods does not name the method of the route, "+by
		return c
	case o.Options.AllowCredentials:
		c.Class, c.Text, c.Detail = "credentials", methods, methods+" with credentials"
	default:
		c.Class, c.Text, c.Detail = "open", methods, methods+" without credentials"
	}
	if names := o.Options.AllowHeaders; len(names) > 0 {
		c.Detail += "; request headers " + abridge(names)
	}
	if names := o.Options.ExposeHeaders; len(names) > 0 {
		c.Detail += "; exposes " + abridge(names)
	}
	if o.Options.AllowTiming {
		c.Detail += "; resource timing can be read"
	}
	switch age := o.Options.MaxAge; {
	case age > 0:
		c.Detail += "; preflights are kept " + strconv.Itoa(age) + " s"
	case age < 0:
		c.Detail += "; preflights are not kept"
	}
	c.Detail += "; " + by
	return c
}

// abridge lists the first few of names.
func abridge(names []string) string {
	const most = 6
	if len(names) == 1 && names[0] == "*" {
		return "of every name"
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return strings.Join(names, ", ")
}

// urlOf returns a path, or a URL where the pattern of r names a host; "" if r is nil.
func urlOf(r *http.Request) string {
	if r == nil {
		return ""
	}
	if path := r.URL.RequestURI(); r.Pattern == "" || strings.HasPrefix(r.Pattern, "/") {
		return path
	}
	return "http://" + r.Host + r.URL.RequestURI()
}
