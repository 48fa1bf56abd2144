package browsers

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Page is one page of a Chromium that does what a user would do with mouse and
// keyboard, for pages that cannot ask the test for tasks. It speaks the DevTools
// protocol (https://chromedevtools.github.io/devtools-protocol/) over two pipes, which
// need no port and no WebSocket. Its methods fail the test; they are for the goroutine
// of the test.
type Page struct {
	*Process
	t       testing.TB
	write   *os.File
	session string
	last    int // id of a call

	mu      sync.Mutex
	replies map[int]chan message
	console []string
	loads   chan struct{}
}

// A message is one in either direction: a call, a reply or an event.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Open starts Chromium with an empty page. The end of the test stops it.
func (b *Browser) Open(t testing.TB, flags ...string) *Page {
	t.Helper()
	if b.Name != "chromium" {
		t.Fatalf("browsers: no DevTools protocol with %s", b.Name)
	}
	if runtime.GOOS == "windows" {
		t.Skip("browsers: Go hands no further files to processes on Windows")
	}
	theirs, write, err := os.Pipe()
	if err != nil {
		t.Fatalf("browsers: %v", err)
	}
	read, answers, err := os.Pipe()
	if err != nil {
		t.Fatalf("browsers: %v", err)
	}
	p := &Page{t: t, write: write, replies: map[int]chan message{}, loads: make(chan struct{}, 16)}
	p.Process, err = b.start(t, "about:blank", append([]string{"--remote-debugging-pipe"}, flags...), theirs, answers)
	theirs.Close()
	answers.Close() // or the end of the browser would not be the end of read
	if err != nil {
		t.Fatalf("browsers: %s: %v", b.Name, err)
	}
	t.Cleanup(func() { write.Close() })
	go p.listen(read)
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		p.Call("Target.getTargets", nil, &targets)
		for _, target := range targets.TargetInfos {
			if target.Type == "page" {
				var session struct{ SessionID string }
				p.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
				p.session = session.SessionID
				for _, domain := range []string{"Page", "Runtime", "Log"} {
					p.Call(domain+".enable", nil, nil)
				}
				return p
			}
		}
		if time.Now().After(end) {
			t.Fatalf("browsers: no page to attach to\n%s", p.Log())
		}
	}
}

// listen takes what the browser sends, which ends with a zero byte, until it ends.
func (p *Page) listen(read *os.File) {
	defer read.Close()
	for r := bufio.NewReader(read); ; {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		p.mu.Lock()
		switch m.Method {
		case "": // a reply
			if reply := p.replies[m.ID]; reply != nil {
				reply <- m
			}
			delete(p.replies, m.ID)
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			p.console = append(p.console, m.Method+" "+string(m.Params))
		case "Page.loadEventFired":
			select {
			case p.loads <- struct{}{}:
			default:
			}
		}
		p.mu.Unlock()
	}
}

// Call calls a method of the protocol, and unmarshals what it returns into result,
// unless that is nil.
func (p *Page) Call(method string, params, result any) {
	p.t.Helper()
	p.last++
	m := message{ID: p.last, SessionID: p.session, Method: method}
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			p.t.Fatalf("browsers: %s: %v", method, err)
		}
		m.Params = text
	}
	text, err := json.Marshal(m)
	if err != nil {
		p.t.Fatalf("browsers: %s: %v", method, err)
	}
	reply := make(chan message, 1)
	p.mu.Lock()
	p.replies[m.ID] = reply
	p.mu.Unlock()
	if _, err := p.write.Write(append(text, 0)); err != nil {
		p.t.Fatalf("browsers: %s: %v\n%s", method, err, p.Log())
	}
	select {
	case m = <-reply:
	case <-p.Exited():
		p.t.Fatalf("browsers: %s: the browser has ended\n%s", method, p.Log())
	case <-time.After(patience):
		p.t.Fatalf("browsers: %s: no reply\n%s", method, p.Log())
	}
	if m.Error != nil {
		p.t.Fatalf("browsers: %s: %s", method, m.Error.Message)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(m.Result, result); err != nil {
		p.t.Fatalf("browsers: %s: %v", method, err)
	}
}

// Go opens url and waits until it has loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	for len(p.loads) > 0 {
		<-p.loads
	}
	p.Call("Page.navigate", map[string]any{"url": url}, nil)
	p.Loaded()
}

// Loaded waits until the page that was begun has loaded.
func (p *Page) Loaded() {
	p.t.Helper()
	select {
	case <-p.loads:
	case <-p.Exited():
		p.t.Fatalf("browsers: the browser has ended\n%s", p.Log())
	case <-time.After(patience):
		p.t.Fatalf("browsers: the page does not load\n%s", p.Log())
	}
}

// Eval returns the value of a JavaScript expression, or of the promise that it is, as
// a string. The Content-Security-Policy of the page does not bind it.
func (p *Page) Eval(expression string) string {
	p.t.Helper()
	var got struct {
		Result struct {
			Value any
		}
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	p.Call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if e := got.ExceptionDetails; e != nil {
		p.t.Fatalf("browsers: %s: %s %s", expression, e.Text, e.Exception.Description)
	}
	return fmt.Sprint(got.Result.Value)
}

// Wait waits until a JavaScript expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); p.Eval("!!("+expression+")") != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("browsers: never true: %s\nfocus: %s", expression, p.Eval("document.activeElement.outerHTML.slice(0, 300)"))
		}
	}
}

// keys are the codes of the keys that are not characters.
var keys = map[string]int{
	"Enter": 13, "Tab": 9, "Escape": 27, " ": 32, "End": 35, "Home": 36,
	"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}

// Press presses keys one after the other, by their names: "Tab", "Shift+Tab", "Enter",
// "ArrowDown", "a".
func (p *Page) Press(names ...string) {
	p.t.Helper()
	for _, name := range names {
		name, shift := strings.CutPrefix(name, "Shift+")
		event := map[string]any{"type": "keyDown", "key": name, "windowsVirtualKeyCode": keys[name]}
		if shift {
			event["modifiers"] = 8
		}
		switch {
		case name == "Enter":
			event["text"] = "\r"
		case len(name) == 1:
			event["text"] = name
		}
		p.Call("Input.dispatchKeyEvent", event, nil)
		event["type"] = "keyUp"
		delete(event, "text")
		p.Call("Input.dispatchKeyEvent", event, nil)
	}
}

// Type types text as an input method does.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.Call("Input.insertText", map[string]any{"text": text}, nil)
}

// Click clicks into the middle of the first element that a CSS selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	quoted, _ := json.Marshal(selector) // of a string, it cannot fail
	at := p.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%s)
		e.scrollIntoView({block: "center", behavior: "instant"})
		const box = e.getBoundingClientRect()
		return [box.x + box.width / 2, box.y + box.height / 2].join(" ")
	})()`, quoted))
	var x, y float64
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		p.t.Fatalf("browsers: where is %s? %v", selector, err)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.Call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}, nil)
	}
}

// Emulate makes the window width by height pixels of CSS, and the scheme of colours
// that the user prefers "light" or "dark".
func (p *Page) Emulate(width, height int, scheme string) {
	p.t.Helper()
	p.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	p.Call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Screenshot returns a picture of the window as PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	var got struct{ Data string }
	p.Call("Page.captureScreenshot", nil, &got)
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		p.t.Fatalf("browsers: %v", err)
	}
	return picture
}

// Console returns what has come to the console since the last call: messages of
// scripts, exceptions, and what the browser itself has to say, such as violations of
// the Content-Security-Policy.
func (p *Page) Console() []string {
	p.Eval("0")                        // what came before its reply has come
	time.Sleep(100 * time.Millisecond) // and what is a moment late
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.console
	p.console = nil
	return lines
}
