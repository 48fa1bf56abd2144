package routecors

import (
	"log/slog"
	"net/http"
	"time"
)

// logInterval is how often the log has a line of one reason and one route.
const logInterval = 10 * time.Second

// WithLogger has logger told of refusals: at level Warn of each preflight that is
// refused, "routecors: preflight refused", and of each actual request whose response
// is not shared, "routecors: response not shared". It leaves out what Counters does.
//
// Of one route, reason and kind of request, the first is logged at once, and then
// one in 10 seconds at most, whose attribute "suppressed" says how many came between
// the two lines. The others cost no allocation.
//
// At level Error it is told why an origin could not be decided by a Dynamic, and why a
// Source kept the policy that it had.
//
// At level Debug, without a limit, it is told of approved preflights, shared responses,
// and preflights that are handed on since no route of theirs was added.
//
// The attributes of a line are
//
//	reason      the code, as Reason.String has it
//	route       as Route.String has it; "" if none was added
//	method      that the request has, or the preflight asks for
//	origin      the Origin
//	path        of the URL, without the query
//	preflight   true or false
//	header      the name that is refused; "header-not-allowed" alone has it
//	why         the sentence of the 403
//	suppressed  as above
//
// and the last two are left out at level Debug. What the client sent is quoted, and
// cut to 64 bytes. Nothing else of the request is logged: no query, no cookie, no
// other header. The context is that of the request.
//
// The handler of logger runs in the goroutine of the request. If it panics, the request
// ends as where any handler panics.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return &ConfigError{Route: "WithLogger", Reason: "nil logger; pass slog.Default(), or leave the option out"}
		}
		s.logger = logger
		return nil
	}
}

// observePreflight counts and logs what became of the preflight r: it was approved,
// refused for why, or handed on since no route of it was added.
func (reg *registry) observePreflight(route *Route, why refusal, r *http.Request, answered bool) {
	switch {
	case answered && why.reason != Allowed:
		reg.observe(route, reg.tallyOf(route), why, r, true)
	case reg.settings.logger == nil:
	case answered:
		reg.logDebug("routecors: preflight approved", route, Allowed, r, true)
	default:
		reg.logDebug("routecors: preflight handed on", nil, why.reason, r, true)
	}
}

// observe counts and logs that r came to nothing.
func (reg *registry) observe(route *Route, t *tally, why refusal, r *http.Request, preflight bool) {
	c := t.cell(why.reason, preflight)
	c.count.Add(1)
	if logger := reg.settings.logger; logger != nil && logger.Enabled(r.Context(), slog.LevelWarn) && c.due(time.Since(reg.started)) {
		logRefusal(logger, route, why, r, preflight, c.suppressed())
	}
}

// due reports whether a line is due at a time, which is never reported twice.
func (c *cell) due(now time.Duration) bool {
	next := c.next.Load()
	return int64(now) >= next && c.next.CompareAndSwap(next, int64(now+logInterval))
}

// suppressed returns how many were counted since the last line and have none.
func (c *cell) suppressed() int64 {
	count := c.count.Load()
	return max(0, int64(count-c.told.Swap(count))-1) // others may count and tell meanwhile
}

func logRefusal(logger *slog.Logger, route *Route, why refusal, r *http.Request, preflight bool, suppressed int64) {
	message := "routecors: response not shared"
	if preflight {
		message = "routecors: preflight refused"
	}
	if why.reason == OriginMalformed {
		why.value = first(r.Header["Origin"])
	}
	why = why.precise()
	attrs := requestAttrs(route, why.reason, r, preflight)
	if why.reason == HeaderNotAllowed {
		attrs = append(attrs, slog.String("header", quoted(why.value)))
	}
	attrs = append(attrs,
		slog.String("why", string(why.append(nil, askedMethod(r, preflight)))),
		slog.Int64("suppressed", suppressed))
	logger.LogAttrs(r.Context(), slog.LevelWarn, message, attrs...)
}

// logDebug tells of r at level Debug.
func (reg *registry) logDebug(message string, route *Route, reason Reason, r *http.Request, preflight bool) {
	if logger := reg.settings.logger; logger.Enabled(r.Context(), slog.LevelDebug) {
		logger.LogAttrs(r.Context(), slog.LevelDebug, message, requestAttrs(route, reason, r, preflight)...)
	}
}

func requestAttrs(route *Route, reason Reason, r *http.Request, preflight bool) []slog.Attr {
	name := ""
	if route != nil {
		name = route.String()
	}
	return append(make([]slog.Attr, 0, 9),
		slog.String("reason", reason.String()),
		slog.String("route", name),
		slog.String("method", quoted(askedMethod(r, preflight))),
		slog.String("origin", quoted(first(r.Header["Origin"]))),
		slog.String("path", quoted(r.URL.Path)),
		slog.Bool("preflight", preflight))
}

// askedMethod returns the method that r has, or asks for.
func askedMethod(r *http.Request, preflight bool) string {
	if preflight {
		return first(r.Header[acrm])
	}
	return r.Method
}
