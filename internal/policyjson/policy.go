package policyjson

import (
	"bytes"
	"encoding/json"
)

// Options has the fields of routecors.ResourceOptions.
type Options struct {
	AllowCredentials bool
	ExposeHeaders    []string
	AllowHeaders     []string
	AllowMethods     []string
	MaxAge           int

	AllowTiming               bool
	CrossOriginResourcePolicy string

	Deny bool
}

// MarshalJSON writes the options that are set, by the names of aiohttp_cors where it
// has them.
func (o Options) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AllowCredentials bool `json:"allow_credentials,omitempty"`
		ExposeHeaders    list `json:"expose_headers,omitempty"`
		AllowHeaders     list `json:"allow_headers,omitempty"`
		AllowMethods     list `json:"allow_methods,omitempty"`
		MaxAge           int  `json:"max_age,omitempty"`

		AllowTiming               bool   `json:"allow_timing,omitempty"`
		CrossOriginResourcePolicy string `json:"cross_origin_resource_policy,omitempty"`

		Deny bool `json:"deny,omitempty"`
	}{o.AllowCredentials, o.ExposeHeaders, o.AllowHeaders, o.AllowMethods, o.MaxAge, o.AllowTiming, o.CrossOriginResourcePolicy, o.Deny})
}

// A list is written as "*" where it is {"*"}.
type list []string

func (l list) MarshalJSON() ([]byte, error) {
	if len(l) == 1 && l[0] == "*" {
		return json.Marshal("*")
	}
	return json.Marshal([]string(l))
}

// UnmarshalJSON reads what MarshalJSON writes, strictly.
func (o *Options) UnmarshalJSON(text []byte) error {
	v, err := Text(text)
	if err != nil {
		return err
	}
	return o.read(v)
}

func (o *Options) read(v Value) error {
	var read Options
	err := v.Object(func(name string, at, value Value) error {
		switch name {
		case "allow_credentials":
			return value.Decode(&read.AllowCredentials, "true or false")
		case "expose_headers":
			return value.list(&read.ExposeHeaders)
		case "allow_headers":
			return value.list(&read.AllowHeaders)
		case "allow_methods":
			return value.list(&read.AllowMethods)
		case "max_age":
			return value.Decode(&read.MaxAge, "a whole number of seconds")
		case "allow_timing":
			return value.Decode(&read.AllowTiming, "true or false")
		case "cross_origin_resource_policy":
			return value.Decode(&read.CrossOriginResourcePolicy, `"same-origin", "same-site" or "cross-origin"`)
		case "deny":
			return value.Decode(&read.Deny, "true or false")
		}
		return at.Errorf("unknown option %q; there are allow_credentials, expose_headers, allow_headers, allow_methods, max_age, allow_timing, cross_origin_resource_policy and deny", name)
	})
	if err != nil {
		return err
	}
	*o = read
	return nil
}

func (v Value) list(names *[]string) error {
	const want = `"*" or a list of names`
	var one string
	if v.Decode(&one, want) == nil {
		if one != "*" {
			return v.Errorf(`want %s, have %q; write [%q]`, want, one, one)
		}
		*names = []string{"*"}
		return nil
	}
	var list []*string
	if err := v.Decode(&list, want); err != nil {
		return err
	}
	*names = make([]string, len(list))
	for i, name := range list {
		if name == nil {
			return v.Errorf("want %s, have %s", want, bytes.TrimSpace(v.raw))
		}
		(*names)[i] = *name
	}
	return nil
}

// Unmarshal reads an object of options by origin, strictly, and calls entry for each.
func Unmarshal(text []byte, entry func(origin string, o Options)) error {
	v, err := Text(text)
	if err != nil {
		return err
	}
	return v.Object(func(origin string, _, value Value) error {
		var o Options
		if err := o.read(value); err != nil {
			return err
		}
		entry(origin, o)
		return nil
	})
}
