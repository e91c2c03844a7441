package docs_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConsoleProgram builds and runs the program of docs/console.md: it answers the staff alone, shows what was recorded, and ends without an error.
func TestConsoleProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "service.exe") // a name that every system runs
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./console")
	build.Dir = filepath.Join(root, "examples")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("it does not build: %v\n%s", err, out)
	}
	serve := exec.CommandContext(t.Context(), program, "-addr", "127.0.0.1:0", "-archive", filepath.Join(dir, "events.db"))
	serve.Env = append(os.Environ(), "STAFF_PASSWORD=for the test")
	told, err := serve.StderrPipe()
	if err == nil {
		err = serve.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(told)
	line, err := lines.ReadString('\n')
	_, url, listens := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !listens {
		t.Fatalf("the first line is %q, %v, want its address", line, err)
	}
	post(t, url+"/order/o-42/pay")
	post(t, url+"/order/o-42/send")
	if code, _ := readPages(t.Context(), t, url+"/cx/", "a guess"); code != http.StatusUnauthorized {
		t.Errorf("without the password it is answered with %d", code)
	}
	for { // the client delivers, and the table reads, in the background; the test ends by its own time limit otherwise
		code, body := readPages(t.Context(), t, url+"/cx/runs", "for the test")
		if code == http.StatusOK && strings.Contains(body, "o-42") {
			break
		}
		if code != http.StatusOK && code != http.StatusServiceUnavailable {
			t.Fatalf("it is answered with %d:\n%s", code, body)
		}
	}
	if err := serve.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(lines); len(rest) > 0 {
		t.Errorf("at the end it prints %s", rest)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("it exits with %v", err)
	}
}

func readPages(ctx context.Context, t *testing.T, url, password string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("staff", password)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
