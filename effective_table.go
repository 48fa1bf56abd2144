package routecors

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// RoutePolicies are what CorsConfig.Routes returns.
type RoutePolicies []RoutePolicy

// WriteTable writes a line for each route and each key of its policies, in the order
// in which they are asked:
//
//	ROUTE               ORIGIN                     METHODS  CREDENTIALS  ALLOW            EXPOSE  MAX-AGE  LAYER
//	PUT /articles/{id}  https://admin.example.com  PUT      yes          content-type +1  -       -        route
//	                    *                          denied   -            -                -       -        defaults
//
// ALLOW and EXPOSE are AllowHeaders and ExposeHeaders; "(timing)" stands for
// AllowTiming. The line "(no CORS)" has the Cross-Origin-Resource-Policy of the route. A list that would be too wide ends in the number of names that are left out;
// MarshalJSON has all of them. "(covered)" stands after a route that was not added,
// but is open by its Resource or a Tree; "none" among the methods where the key opens nothing
// of it; "as decided", where the function of a Dynamic is asked. Routes that are not
// listed are private.
func (list RoutePolicies) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROUTE\tORIGIN\tMETHODS\tCREDENTIALS\tALLOW\tEXPOSE\tMAX-AGE\tLAYER")
	for _, p := range list {
		name := p.name()
		if p.Covered {
			name += " (covered)"
		}
		if len(p.Origins) == 0 {
			fmt.Fprintln(t, name+"\tno origin at all")
		}
		for _, o := range p.Origins {
			fmt.Fprintln(t, name+"\t"+strings.Join(o.cells(), "\t"))
			name = ""
		}
		if p.CrossOriginResourcePolicy != "" {
			fmt.Fprintln(t, "\t(no CORS)\t"+p.CrossOriginResourcePolicy+strings.Repeat("\t-", 5))
		}
	}
	return t.Flush()
}

// cells are those of the table after the route.
func (o OriginPolicy) cells() []string {
	methods, credentials, maxAge := abridge(o.Methods), "-", "-"
	switch {
	case o.Dynamic:
		methods = "as decided"
	case o.Options.Deny:
		methods = "denied"
	case len(o.Methods) == 0:
		methods = "none"
	}
	if o.Options.AllowCredentials {
		credentials = "yes"
	}
	switch age := o.Options.MaxAge; {
	case age > 0:
		maxAge = strconv.Itoa(age)
	case age < 0:
		maxAge = "0"
	}
	expose := abridge(o.Options.ExposeHeaders)
	if o.Options.AllowTiming {
		expose = strings.TrimPrefix(expose+" (timing)", "- ")
	}
	return []string{o.Origin, methods, credentials, abridge(o.Options.AllowHeaders), expose, maxAge, o.Layer}
}

// abridge writes list in about 16 bytes, "-" if it is empty.
func abridge(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	text := list[0]
	for i, s := range list[1:] {
		if len(text)+len(",")+len(s) > 16 {
			return text + " +" + strconv.Itoa(len(list)-1-i)
		}
		text += "," + s
	}
	return text
}

// pattern returns that of the whole router, where it is known.
func (p RoutePolicy) pattern() string {
	if p.Sample == nil || p.Sample.Pattern == "" {
		return p.Route.pattern
	}
	return p.Sample.Pattern
}

func (p RoutePolicy) method() string { return cmp.Or(p.Method, p.Route.method) }

// name returns the method and the pattern.
func (p RoutePolicy) name() string { return strings.TrimLeft(p.method()+" "+p.pattern(), " ") }

// MarshalJSON writes route, pattern, method ("" for every method), covered,
// cross_origin_resource_policy (not if it is empty) and origins: of each its origin, layer, options (as ResourceOptions.MarshalJSON writes
// them) and methods. The route and its pattern are those of the whole
// router, with the prefixes of mounts.
func (p RoutePolicy) MarshalJSON() ([]byte, error) {
	type originJSON struct {
		Origin  string          `json:"origin"`
		Layer   string          `json:"layer"`
		Options ResourceOptions `json:"options"`
		Methods []string        `json:"methods"`
		Dynamic bool            `json:"dynamic,omitempty"`
	}
	origins := make([]originJSON, len(p.Origins))
	for i, o := range p.Origins {
		origins[i] = originJSON(o)
		if o.Methods == nil {
			origins[i].Methods = []string{}
		}
	}
	return json.Marshal(struct {
		Route   string       `json:"route"`
		Pattern string       `json:"pattern"`
		Method  string       `json:"method"`
		Covered bool         `json:"covered"`
		Policy  string       `json:"cross_origin_resource_policy,omitempty"`
		Origins []originJSON `json:"origins"`
	}{p.name(), p.pattern(), p.method(), p.Covered, p.CrossOriginResourcePolicy, origins})
}
