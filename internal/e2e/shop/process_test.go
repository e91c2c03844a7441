package shop_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// The shop's services run as real processes. The package builds them once for all tests.

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cairn-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "shop")
	cmd := exec.Command("go", "build", "-o", path, "cairncx.dev/cairn/examples/shop")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// service is one running process of the shop.
type service struct {
	t    testing.TB
	name string
	url  string
	cmd  *exec.Cmd
	done chan error
	once sync.Once
}

// startService starts a service with -service, the arguments and the environment.
func startService(t testing.TB, name string, env []string, args ...string) *service {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"-service", name, "-events", "none"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = &lines{t: t, name: name}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	s := &service{t: t, name: name, cmd: cmd, done: make(chan error, 1)}
	said := make(chan string, 1)
	go func() {
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			if url, ok := strings.CutPrefix(scan.Text(), name+" listening on "); ok {
				said <- url
			}
		}
		s.done <- cmd.Wait()
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	select {
	case s.url = <-said:
	case err := <-s.done:
		t.Fatalf("%s ended before it listened: %v", name, err)
	case <-time.After(time.Minute):
		t.Fatalf("%s does not listen after a minute", name)
	}
	return s
}

// stop ends the service as an orchestrator would, and waits until it has sent everything.
func (s *service) stop() {
	s.t.Helper()
	s.once.Do(func() {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			s.t.Errorf("stop %s: %v", s.name, err)
		}
		select {
		case err := <-s.done:
			if err != nil {
				s.t.Errorf("%s ended with %v", s.name, err)
			}
		case <-time.After(time.Minute):
			s.t.Errorf("%s has not ended a minute after SIGTERM", s.name)
		}
	})
}

// ahead moves the service's clock, which ends abandoned journeys.
func (s *service) ahead(d time.Duration) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/demo/clock?ahead="+d.String(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("moving the clock of %s: %s", s.name, resp.Status)
	}
}

// lines copies a process's output to the test's log.
type lines struct {
	t    testing.TB
	name string
	mu   sync.Mutex
}

// Write implements [io.Writer].
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil {
		l.t.Logf("%s: %s", l.name, strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// pair has both services of one day.
type pair struct{ payments, storefront *service }

func startDay(t testing.TB, c *servers.Collector, clock time.Duration) pair {
	t.Helper()
	return startDayWith(t, c, clock, nil)
}

func startDayWith(t testing.TB, c *servers.Collector, clock time.Duration, env []string, args ...string) pair {
	t.Helper()
	env = append([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.OTLPHTTPEndpoint(),
		"OTEL_METRIC_EXPORT_INTERVAL=500",
		"OTEL_BSP_SCHEDULE_DELAY=200",
		"OTEL_BLRP_SCHEDULE_DELAY=200",
		"SHOP_CUSTOMER_KEY=a key for end-to-end tests",
	}, env...)
	args = append(args, "-clock="+clock.String())
	payments := startService(t, "payments", env, args...)
	return pair{payments, startService(t, "storefront", env, append(args, "-payments", payments.url)...)}
}

func (p pair) stop() {
	p.storefront.stop()
	p.payments.stop()
}

func (p pair) ahead(d time.Duration) {
	p.storefront.ahead(d)
	p.payments.ahead(d)
}
