// Package health serves /healthz, /readyz and /metrics of a process.
//
// Owns: the three pages. Never: what is healthy (its callers say).
// Goroutines: the HTTP server's; Serve waits for them.
package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Gauge is one number that is read when somebody asks. Its name has its unit; labels never name people or numbers.
type Gauge struct {
	Name, Help string
	Counter    bool
	Read       func() float64
}

// Handler gives the three pages. ready gives nil or a sentence that says what is missing.
func Handler(ready func() error, gauges []Gauge) http.Handler {
	reg := prometheus.NewRegistry()
	for _, g := range gauges {
		opts := prometheus.Opts{Namespace: "commusafe", Name: g.Name, Help: g.Help}
		if g.Counter {
			reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts(opts), g.Read))
		} else {
			reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts(opts), g.Read))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}

// Serve answers on addr until ctx ends. An occupied port is an error that names it.
func Serve(ctx context.Context, addr string, ready func() error, gauges []Gauge, log *slog.Logger) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("health page: %w", err)
	}
	srv := &http.Server{Handler: Handler(ready, gauges), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() {
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(sctx) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("health page: %w", err)
	}
	return nil
}
