// Package respwriter runs a function on a response's header right before it is
// sent, without hiding from the handler what its ResponseWriter can do.
package respwriter

import (
	"io"
	"net/http"
)

// Wrap returns a ResponseWriter that writes to w, and calls before once with
// w's header, right before the response's final header is committed: at
// WriteHeader, unless that sends an informational response (RFC 9110, section
// 15.2; 101 is final), or at the first Write, WriteString, ReadFrom or flush.
//
// The handler gets wrapped. When it has returned, finish must be called: it
// calls before where nothing was written, since the server then sends a header
// of its own accord. It may be deferred; then before has also run when someone
// further out recovers from a panic and answers. A connection that was hijacked
// gets no header: neither Hijack nor finish after it calls before.
//
// wrapped implements http.Flusher, http.Hijacker and io.ReaderFrom, each exactly
// where w does, io.StringWriter always, and Unwrap, so that an
// http.ResponseController works. It also has FlushError always: a controller
// would otherwise go past it to what w unwraps to, and commit a header that
// before has not seen. FlushError returns http.ErrNotSupported, and does
// nothing, where nothing in the chain can flush.
//
// Three things are lost. http.Pusher: the browsers that CORS is for have
// removed server push, and handlers must do without it on HTTP/1 as it is.
// http.CloseNotifier is deprecated. http.MaxBytesReader asks its writer for an
// unexported method by which net/http closes the connection when a body was too
// long; give it Unwrap's result where that matters.
//
// wrapped may be used as w may: by one goroutine at a time.
func Wrap(w http.ResponseWriter, before func(http.Header)) (wrapped http.ResponseWriter, finish func()) {
	rw := &writer{w: w, before: before}
	return rw.withInterfaces(), rw.commit
}

// writer has what every wrapped ResponseWriter has.
type writer struct {
	w      http.ResponseWriter
	before func(http.Header)
	done   bool // before was called, or must not be any more
}

func (rw *writer) commit() {
	if rw.done {
		return
	}
	// First, so that before runs once even if it panics, or writes.
	rw.done = true
	rw.before(rw.w.Header())
}

func (rw *writer) Header() http.Header { return rw.w.Header() }

func (rw *writer) Unwrap() http.ResponseWriter { return rw.w }

func (rw *writer) WriteHeader(status int) {
	// The condition is net/http's own.
	if status < 100 || status > 199 || status == http.StatusSwitchingProtocols {
		rw.commit()
	}
	rw.w.WriteHeader(status)
}

func (rw *writer) Write(p []byte) (int, error) {
	rw.commit()
	return rw.w.Write(p)
}

func (rw *writer) WriteString(s string) (int, error) {
	rw.commit()
	return io.WriteString(rw.w, s)
}

func (rw *writer) FlushError() error {
	if !rw.canFlush() {
		return http.ErrNotSupported
	}
	rw.commit()
	return http.NewResponseController(rw.w).Flush()
}

// canFlush reports whether FlushError will flush. It looks where
// http.ResponseController does.
func (rw *writer) canFlush() bool {
	for w := rw.w; ; {
		switch t := w.(type) {
		case interface{ canFlush() bool }: // a writer, whose FlushError says nothing
			return t.canFlush()
		case interface{ FlushError() error }, http.Flusher:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}
