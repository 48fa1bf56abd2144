package respwriter

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// The types of this file add the optional interfaces, one type for each set of
// them. Each is one pointer wide, which an interface value holds without another
// allocation.
type (
	withFlusher    struct{ *writer }
	withHijacker   struct{ *writer }
	withReaderFrom struct{ *writer }

	flusherHijacker           struct{ withFlusher }
	flusherReaderFrom         struct{ withFlusher }
	hijackerReaderFrom        struct{ withHijacker }
	flusherHijackerReaderFrom struct{ flusherHijacker }
)

// withInterfaces returns rw with the interfaces that rw.w has.
func (rw *writer) withInterfaces() http.ResponseWriter {
	_, flusher := rw.w.(http.Flusher)
	_, hijacker := rw.w.(http.Hijacker)
	_, readerFrom := rw.w.(io.ReaderFrom)
	switch {
	case flusher && hijacker && readerFrom:
		return flusherHijackerReaderFrom{flusherHijacker{withFlusher{rw}}}
	case flusher && hijacker:
		return flusherHijacker{withFlusher{rw}}
	case flusher && readerFrom:
		return flusherReaderFrom{withFlusher{rw}}
	case hijacker && readerFrom:
		return hijackerReaderFrom{withHijacker{rw}}
	case flusher:
		return withFlusher{rw}
	case hijacker:
		return withHijacker{rw}
	case readerFrom:
		return withReaderFrom{rw}
	}
	return rw
}

func (f withFlusher) Flush() { f.flush() }

func (h withHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.hijack() }

func (h flusherHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.hijack() }

func (r withReaderFrom) ReadFrom(src io.Reader) (int64, error) { return r.readFrom(src) }

func (r flusherReaderFrom) ReadFrom(src io.Reader) (int64, error) { return r.readFrom(src) }

func (r hijackerReaderFrom) ReadFrom(src io.Reader) (int64, error) { return r.readFrom(src) }

func (r flusherHijackerReaderFrom) ReadFrom(src io.Reader) (int64, error) { return r.readFrom(src) }

func (rw *writer) flush() {
	rw.commit()
	rw.w.(http.Flusher).Flush()
}

func (rw *writer) hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := rw.w.(http.Hijacker).Hijack()
	if err == nil {
		rw.done = true
	}
	return conn, buf, err
}

func (rw *writer) readFrom(src io.Reader) (int64, error) {
	rw.commit()
	return rw.w.(io.ReaderFrom).ReadFrom(src)
}
