package routecors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/routecors/routecors/internal/origin"
)

// declared returns what Vary names of h.
func (d *dynamic) declared(h http.Header) http.Header {
	if len(d.Vary) == 0 {
		return nil
	}
	declared := make(http.Header, len(d.Vary))
	for _, name := range d.Vary {
		if values := h[name]; values != nil {
			declared[name] = slices.Clone(values)
		}
	}
	return declared
}

// declares reports whether h has what was declared.
func (d *dynamic) declares(declared, h http.Header) bool {
	return !slices.ContainsFunc(d.Vary, func(name string) bool { return !slices.Equal(declared[name], h[name]) })
}

// valueless is a context without the values of its parent.
type valueless struct{ context.Context }

func (valueless) Value(any) any { return nil }

// maxLost is how many calls of a function may be left behind at a time.
const maxLost = 256

type lostCalls struct{ atomic.Int32 }

// ask has the function answer q, of r, until deadline. header is its to keep.
func (d *dynamic) ask(r *http.Request, q question, header http.Header, deadline time.Time) (*grant, error) {
	if n := d.lost.Load(); n >= maxLost {
		return nil, tooManyLost(int(n))
	}
	ctx, cancel := context.WithDeadline(r.Context(), deadline)
	defer cancel()
	if header == nil {
		header = make(http.Header, 1)
	}
	header["Origin"] = []string{q.origin}
	u := q.url
	asked := (&http.Request{
		Method: q.method, URL: &u, Host: q.host, Header: header, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(valueless{ctx})

	type result struct {
		grant *grant
		err   error
	}
	results := make(chan result, 1)
	var state atomic.Int32 // 1 when the call has returned, 2 when it was left behind before
	go func() {
		res := result{err: errors.New("the function called runtime.Goexit")}
		defer func() {
			if p := recover(); p != nil {
				res = result{err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
			}
			if !state.CompareAndSwap(0, 1) {
				d.lost.Add(-1)
			}
			results <- res
		}()
		options, err := d.Origin(asked, q.origin)
		switch {
		case err != nil:
			res = result{err: errors.New(fmt.Sprint(err))} // its Error may panic
		case options == nil:
			res = result{}
		default:
			g, err := d.grant(*options, q.origin)
			res = result{g, err}
		}
	}()
	select {
	case res := <-results:
		return res.grant, res.err
	case <-ctx.Done():
	}
	d.lost.Add(1)
	if !state.CompareAndSwap(0, 2) {
		d.lost.Add(-1)
	}
	if r.Context().Err() != nil {
		return nil, context.Cause(r.Context())
	}
	return nil, timedOut(d.Timeout)
}

// logFailure tells of an origin that is undecided, unless nobody waits for it any more.
func (d *dynamic) logFailure(route *Route, r *http.Request, q question, err error) {
	reg := d.reg
	d.failures.count.Add(1)
	logger := reg.settings.logger
	if logger == nil || !logger.Enabled(r.Context(), slog.LevelError) || errors.Is(r.Context().Err(), context.Canceled) || !d.failures.due(time.Since(reg.started)) {
		return
	}
	logger.LogAttrs(r.Context(), slog.LevelError, "routecors: origin undecided",
		slog.String("route", route.String()),
		slog.String("method", quoted(q.method)),
		slog.String("origin", quoted(q.origin)),
		slog.String("path", quoted(r.URL.Path)),
		slog.String("error", err.Error()),
		slog.Int64("suppressed", d.failures.suppressed()))
}

// knownGrants are the last few options that a function returned, made ready. They are
// replaced, and never changed.
type knownGrants struct {
	list atomic.Pointer[[]knownGrant]
}

type knownGrant struct {
	options ResourceOptions
	grant   *grant
}

// maxKnown is how many are kept.
const maxKnown = 16

// grant returns what options for a page of o are made ready as, or what is wrong with them.
func (known *knownGrants) grant(options ResourceOptions, o string) (*grant, []*ConfigError) {
	old := known.list.Load()
	var list []knownGrant
	if old != nil {
		list = *old
	}
	for _, k := range list {
		if k.options.equal(options) {
			return k.grant, nil
		}
	}
	options.ExposeHeaders, options.AllowHeaders, options.AllowMethods = slices.Clone(options.ExposeHeaders), slices.Clone(options.AllowHeaders), slices.Clone(options.AllowMethods)
	errs := options.check("dynamic", o)
	if options.CrossOriginResourcePolicy != "" {
		errs = append(errs, &ConfigError{Route: "dynamic", Origin: o, Field: "CrossOriginResourcePolicy", Value: options.CrossOriginResourcePolicy, Reason: fixedResourcePolicy})
	}
	if errs != nil {
		return nil, errs
	}
	g := newGrant(options, false)
	if len(list) >= maxKnown {
		list = list[1:]
	}
	list = append(slices.Clip(list), knownGrant{options, g})
	known.list.CompareAndSwap(old, &list) // else another call was faster, and the next will keep it
	return g, nil
}

// equal reports whether o and p read alike, name by name.
func (o ResourceOptions) equal(p ResourceOptions) bool {
	return o.AllowCredentials == p.AllowCredentials && o.Deny == p.Deny && o.MaxAge == p.MaxAge &&
		o.AllowTiming == p.AllowTiming && o.CrossOriginResourcePolicy == p.CrossOriginResourcePolicy &&
		slices.Equal(o.ExposeHeaders, p.ExposeHeaders) && slices.Equal(o.AllowHeaders, p.AllowHeaders) && slices.Equal(o.AllowMethods, p.AllowMethods)
}

// checkOrigin returns what is wrong with credentials for pages of o.
func (o ResourceOptions) checkOrigin(key string, trusted danger) []*ConfigError {
	pattern, err := origin.ParsePattern(key)
	if err != nil {
		return []*ConfigError{{Route: "dynamic", Origin: key, Reason: err.Error()}}
	}
	return o.checkCredentials("dynamic", key, pattern, &settings{trusted: trusted})
}
