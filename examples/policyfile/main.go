// A program whose policies stand in a file, in JSON or in YAML, that it reads again at
// SIGHUP:
//
//	go run . -policies policies.yaml &
//	kill -HUP %1
package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// A server is what main runs.
type server struct {
	http.Handler
	cors *routecors.CorsConfig
	fsys fs.FS
	name string // of the file, .json or .yaml
}

func newServer(fsys fs.FS, name string) (*server, error) {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	router.Handle("GET /articles", answer("the articles\n"))
	router.Handle("PUT /articles/{id}", answer("stored\n"))
	router.Handle("GET /partners/stock", answer("the stock\n"))
	router.Handle("POST /partners/orders", answer("ordered\n"))
	router.Handle("DELETE /articles/all", answer("gone\n"))

	cors, err := routecors.Setup(router, nil, routecors.RefuseWidening())
	if err != nil {
		return nil, err
	}
	s := &server{cors.Handler(mux), cors, fsys, name}
	if _, err := s.reload(false); err != nil {
		return nil, err
	}
	return s, cors.Verify()
}

// reload applies the file as it is now, and returns what has changed, one line each. A file
// that lets pages do more than before is refused unless widen is set.
func (s *server) reload(widen bool) (string, error) {
	text, err := fs.ReadFile(s.fsys, s.name)
	if err != nil {
		return "", err
	}
	if filepath.Ext(s.name) == ".yaml" {
		if text, err = toJSON(text); err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
	}
	file, err := routecors.ParsePolicyFile(s.name, text)
	if err != nil {
		return "", err
	}
	apply := s.cors.Apply
	if widen {
		apply = s.cors.ApplyWidening
	}
	changes, err := apply(file)
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	for _, change := range changes {
		fmt.Fprintln(&lines, change)
	}
	return lines.String(), nil
}

type answer string

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) { io.WriteString(w, string(a)) }

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	policies := flag.String("policies", "policies.json", "file of policies, .json or .yaml")
	widen := flag.Bool("widen", false, "let a reload open more than before")
	schema := flag.Bool("schema", false, "write the JSON Schema of the file, and end")
	flag.Parse()
	if *schema {
		fmt.Print(routecors.PolicyFileSchema())
		return
	}
	s, err := newServer(os.DirFS(filepath.Dir(*policies)), filepath.Base(*policies))
	if err != nil {
		log.Fatal(err)
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for range hup {
			changed, err := s.reload(*widen)
			if err != nil {
				log.Printf("the policies stay as they were:\n%v", err)
				continue
			}
			log.Printf("policies read again:\n%s", changed)
		}
	}()
	log.Printf("listening on http://%s", *addr)
	log.Fatal(http.ListenAndServe(*addr, s))
}
