//go:build unix

package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// psql runs statements with PostgreSQL's own client and returns its output.
func psql(t *testing.T, p *Postgres, sql string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(p.path), "psql"),
		"--no-psqlrc", "--tuples-only", "--no-align", "--command="+sql, p.URL())
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func TestPostgresKeepsWhatWasCommittedWhenItIsKilled(t *testing.T) {
	p := StartPostgres(t)
	if out, err := psql(t, p, "CREATE TABLE till (id int); INSERT INTO till VALUES (1), (2)"); err != nil {
		t.Fatal(out)
	}
	url := p.URL()
	p.Kill(t)
	if out, err := psql(t, p, "SELECT 1"); err == nil {
		t.Errorf("a killed server answers %q", out)
	}
	p.Restart(t)
	if p.URL() != url {
		t.Errorf("the URL is %s after the restart and was %s: clients would not find the server", p.URL(), url)
	}
	if out, err := psql(t, p, "SELECT count(*) FROM till"); err != nil || out != "2" {
		t.Errorf("after the kill and restart the table has %q rows, %v, want 2", out, err)
	}
	if out, err := psql(t, p, "SHOW fsync"); err != nil || out != "on" {
		t.Errorf("fsync is %q, %v, want the default, on", out, err)
	}
	p.Kill(t)
	p.Kill(t) // a second time does nothing
}

func TestPostgresAnswersNobodyWhilePaused(t *testing.T) {
	p := StartPostgres(t, PostgresSetting("fsync", "off"))
	p.Pause(t)
	answered := make(chan error, 1)
	go func() {
		out, err := psql(t, p, "SHOW fsync")
		if err == nil && out != "off" {
			err = errors.New("fsync is " + out + ", want the value of the option")
		}
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("a paused server answered, error %v", err)
		p.Resume(t)
	default:
		p.Resume(t)
		if err := <-answered; err != nil {
			t.Errorf("the server did not answer the query from its pause after Resume: %v", err)
		}
	}
}

func TestPostgresLeavesNothing(t *testing.T) {
	var dir string
	var pid int
	r := record(t, func(t testing.TB) {
		p := StartPostgres(t)
		dir, pid = p.dir, p.p.cmd.Process.Pid
		p.Pause(t)
	})
	if r.skipped != "" {
		t.Skip(r.skipped)
	}
	if r.Failed() || r.logged != "" {
		t.Errorf("a successful test failed with %q %q or logged %q", r.fatal, r.errors, r.logged)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %s still exists: %v", dir, err)
	}
	if alive(pid) {
		t.Errorf("process %d still exists", pid)
	}
}

func TestPostgresThatEndsFailsTheTest(t *testing.T) {
	r := record(t, func(t testing.TB) {
		p := StartPostgres(t)
		p.stop()
	})
	if r.skipped != "" {
		t.Skip(r.skipped)
	}
	if want := "PostgreSQL ended during the test"; !strings.Contains(r.errors, want) {
		t.Errorf("the test's errors are %q, want %q", r.errors, want)
	}
	if want := postgresReady; !strings.Contains(r.logged, want) {
		t.Errorf("the test logged %q, want the server's log with %q", r.logged, want)
	}
}

// TestClusters: clusters that are copied are independent, and one of its own has another system identifier.
func TestClusters(t *testing.T) {
	t.Parallel()
	identifier := func(opts ...PostgresOption) string {
		t.Helper()
		p := StartPostgres(t, append(opts, PostgresSetting("fsync", "off"))...)
		if _, err := psql(t, p, "CREATE TABLE mine (n int)"); err != nil { // a copy of a used cluster would have it already
			t.Error(err)
		}
		out, err := psql(t, p, "SELECT system_identifier FROM pg_control_system()")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	identifier() // the first one may be no copy
	identifier()
	if identifier(OwnCluster()) == identifier(OwnCluster()) {
		t.Error("two clusters of their own have one identifier")
	}
}
