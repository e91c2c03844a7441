//go:build unix

package servers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// StartPgBouncer starts a PgBouncer in front of the server, in transaction mode: it gives each transaction another connection. It
// returns the URL of a database behind it, and ends the process at the end of the test. If the test failed, it shows the log.
//
// The binary is pgbouncer in PATH. Without it the test is skipped, or fails if CAIRN_NO_SKIP is 1.
func StartPgBouncer(t testing.TB, server *Postgres) (url string) {
	t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		Skip(t, "pgbouncer is missing: apt-get install pgbouncer")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // the listener is a TCP listener
	_ = l.Close()
	_, rest, _ := strings.Cut(server.URL(), "@")
	addr, _, _ := strings.Cut(rest, "/")
	_, backend, _ := net.SplitHostPort(addr)
	dir, err := os.MkdirTemp("", "cairn-pgbouncer-") //nolint:usetesting // another user has to enter the folder
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ini := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%s user=cairn pool_size=4
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
server_round_robin = 1
`, backend, port)
	file, log := filepath.Join(dir, "pgbouncer.ini"), filepath.Join(dir, "log")
	for path, text := range map[string]string{file: ini, log: ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { // another user reads the file
			t.Fatal(err)
		}
	}
	_ = os.Chmod(dir, 0o755) // see above
	args := []string{file}
	if os.Geteuid() == 0 { // PgBouncer refuses to run as root
		args = append([]string{"-u", "nobody"}, args...)
	}
	cmd := exec.Command(bin, args...)
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = out.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("PgBouncer's log:\n%s", text)
		}
	})
	Eventually(t, startTimeout, func() error {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
	return fmt.Sprintf("postgres://cairn@127.0.0.1:%d/postgres?sslmode=disable", port)
}
