//go:build unix

package servers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// postgresReady is in PostgreSQL's log once it accepts connections.
	postgresReady = "database system is ready to accept connections"
	// postgresUser is the database's superuser. The server trusts it without a password.
	postgresUser = "cairn"
	// postgresStop bounds how long PostgreSQL may take to stop by itself.
	postgresStop = 30 * time.Second
)

// Postgres is a PostgreSQL server that keeps its data until the end of the test, even if its processes are killed.
// [StartPostgres] makes one. Its methods may be called concurrently.
type Postgres struct {
	path       string
	dir        string // has the data, the socket and the logs
	settings   []string
	credential *syscall.Credential // nil means the test's own user
	ownCluster bool

	mu     sync.Mutex
	port   int
	starts int
	p      *process
	down   bool  // killed and not started again
	paused []int // paused processes
}

// PostgresOption is an option of [StartPostgres].
type PostgresOption interface{ apply(*Postgres) }

type postgresFunc func(*Postgres)

func (f postgresFunc) apply(p *Postgres) { f(p) }

// PostgresSetting sets a parameter like a line of postgresql.conf. PostgresSetting("fsync", "off") makes a server
// that is fast and loses data in a power failure, but not when its processes are killed. Default: PostgreSQL's
// own, including fsync.
func PostgresSetting(name, value string) PostgresOption {
	return postgresFunc(func(p *Postgres) { p.settings = append(p.settings, "-c", name+"="+value) })
}

// OwnCluster makes a cluster with a system identifier of its own, for tests that tell one cluster from another.
func OwnCluster() PostgresOption {
	return postgresFunc(func(p *Postgres) { p.ownCluster = true })
}

// StartPostgres starts a PostgreSQL with an empty database, returns when it accepts connections, and stops it at
// the end of the test. If the test failed, it shows PostgreSQL's log. PostgreSQL refuses to run as root, so a test
// of root runs it as the user postgres or else nobody.
//
// The binaries are in the folder of the postgres that CAIRN_POSTGRES names, or else of the one in PATH, or else of
// the newest in /usr/lib/postgresql. Without binaries it skips the test, or fails it if CAIRN_NO_SKIP is 1.
func StartPostgres(t testing.TB, opts ...PostgresOption) *Postgres {
	t.Helper()
	p := &Postgres{path: findPostgres(t)}
	for _, o := range opts {
		o.apply(p)
	}
	// The folder is not t.TempDir, which other users cannot enter and whose path is too long for a socket.
	dir, err := os.MkdirTemp("", "cairn-postgres-") //nolint:usetesting // see above
	if err != nil {
		t.Fatalf("start PostgreSQL: make its folder: %v", err)
	}
	p.dir = dir
	t.Cleanup(func() {
		p.stopAtEnd(t)
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove PostgreSQL's folder: %v", err)
		}
	})
	if err := p.own(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	if err := p.initDB(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	for attempt := 1; ; attempt++ {
		ports, err := freePorts(t.Context(), 1)
		if err != nil {
			t.Fatalf("start PostgreSQL: %v", err)
		}
		p.port = ports[0]
		if err = p.start(t.Context()); err == nil {
			return p
		}
		if !strings.Contains(strings.ToLower(p.log()), portTaken) || attempt == startAttempts {
			t.Fatalf("start PostgreSQL: %v\nits log:\n%s", err, p.log())
		}
	}
}

// findPostgres returns the executable postgres. initdb is in the same folder.
func findPostgres(t testing.TB) string {
	t.Helper()
	bin := binary{
		title:   "PostgreSQL",
		env:     "CAIRN_POSTGRES",
		command: "postgres",
		install: "Install your distribution's package of it, on Debian and Ubuntu with: apt-get install postgresql",
	}
	path, err := bin.find()
	if errors.Is(err, errNoBinary) { // Debian does not put it into PATH
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well-formed
		slices.SortFunc(found, func(a, b string) int { return postgresVersion(a) - postgresVersion(b) })
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if err != nil {
		path = bin.require(t)
	}
	// initdb is beside the file itself, not beside a symbolic link to it.
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	return path
}

// postgresVersion returns the version in a path of Debian's, or 0.
func postgresVersion(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// own finds the user that the server runs as, and gives that user the folder.
func (p *Postgres) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return fmt.Errorf("PostgreSQL refuses to run as root, and the users postgres and nobody do not exist: %w", err)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Username, err)
	}
	p.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}
	return os.Chown(p.dir, int(uid), int(gid))
}

// command returns one of PostgreSQL's programs, run by the user that may run it.
func (p *Postgres) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + p.dir}
	dieWithParent(cmd)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Credential = p.credential
	return cmd
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// start starts the server with its data on its port, and returns when it accepts connections.
func (p *Postgres) start(ctx context.Context) error {
	p.starts++
	logPath := filepath.Join(p.dir, fmt.Sprintf("start-%d.log", p.starts))
	args := append([]string{
		"-D", p.data(), "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + p.dir,
		"-c", "dynamic_shared_memory_type=mmap", // keeps the memory in the folder, which is removed at the end
	}, p.settings...)
	proc, err := runProcess(p.command(p.path, args...), logPath)
	if err != nil {
		return err
	}
	p.p, p.down = proc, false
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := proc.waitReady(ctx, postgresReady); err != nil {
		p.down = true
		_ = proc.stop() // err has the cause
		return err
	}
	return nil
}

// runProcess is startProcess for a prepared command.
func runProcess(cmd *exec.Cmd, logPath string) (*process, error) {
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, fmt.Errorf("creating the log: %w", err)
	}
	defer func() { _ = logFile.Close() }()
	p := &process{cmd: cmd, logPath: logPath, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // see startProcess
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if p.err = cmd.Wait(); p.err == nil {
			p.err = errors.New("exit status 0")
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return p, nil
}

// URL is the connection string of the server's superuser: postgres://cairn@127.0.0.1:port/postgres.
func (p *Postgres) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable", postgresUser, loopback(p.port))
}

// Kill ends all processes of the server at once, as kill -9 does: data that they had not written to a file is
// lost. It does nothing if the server was killed before.
func (p *Postgres) Kill(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return
	}
	p.down = true
	pids := p.signal(t, syscall.SIGKILL)
	<-p.p.done
	p.paused = nil
	Eventually(t, postgresStop, func() error {
		for _, pid := range pids {
			if alive(pid) {
				return fmt.Errorf("PostgreSQL's process %d still exists", pid)
			}
		}
		return nil
	})
}

// Restart starts the server again with the same data and port, and returns when it has recovered and accepts
// connections. It kills a server that still runs.
func (p *Postgres) Restart(t testing.TB) {
	t.Helper()
	p.Kill(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.start(t.Context()); err != nil {
		t.Fatalf("restart PostgreSQL: %v\nits log:\n%s", err, p.log())
	}
}

// Pause stops all processes of the server until Resume. Connections stay open, and the server does not answer.
func (p *Postgres) Pause(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.down {
		p.paused = p.signal(t, syscall.SIGSTOP)
	}
}

// Resume continues the processes that Pause stopped.
func (p *Postgres) Resume(testing.TB) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resume()
}

func (p *Postgres) resume() {
	for _, pid := range p.paused {
		_ = syscall.Kill(pid, syscall.SIGCONT) // an ended process need not continue
	}
	p.paused = nil
}

// signal sends the signal to the server and its children, which each have a process group of their own, and
// returns their IDs.
func (p *Postgres) signal(t testing.TB, signal syscall.Signal) []int {
	t.Helper()
	server := p.p.cmd.Process.Pid
	_ = syscall.Kill(server, syscall.SIGSTOP) // a stopped server makes no further children
	pids := append(children(t, server), server)
	for _, pid := range pids {
		_ = syscall.Kill(pid, signal) // a process that has ended needs no signal
	}
	return pids
}

// children returns the IDs of a process's children.
func children(t testing.TB, parent int) (pids []int) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
	if err != nil {
		t.Fatalf("list processes: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		var pid, ppid int
		if n, _ := fmt.Sscan(line, &pid, &ppid); n == 2 && ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive reports whether a process with this ID exists and can still run.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// log returns the log since the last start.
func (p *Postgres) log() string {
	if p.p == nil {
		return "(none)"
	}
	return p.p.log()
}

// stopAtEnd stops the server, fails the test if the server ended by itself, and shows its log if the test failed.
func (p *Postgres) stopAtEnd(t testing.TB) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.p == nil {
		return
	}
	p.resume()
	if p.down {
		p.removeMemory()
	} else {
		select {
		case <-p.p.done:
			t.Errorf("PostgreSQL ended during the test: %v", p.p.err)
		default:
			p.stop()
		}
	}
	if t.Failed() {
		t.Log("PostgreSQL\nits log:\n" + p.log())
	}
}

// stop stops the server in its own fast way, because it then leaves no resources behind.
func (p *Postgres) stop() {
	_ = p.p.cmd.Process.Signal(syscall.SIGQUIT)
	timer := time.NewTimer(postgresStop)
	defer timer.Stop()
	select {
	case <-p.p.done:
	case <-timer.C:
		_ = p.p.stop()
	}
}

// removeMemory removes the small piece of System V shared memory that a killed server leaves. Its ID is the second
// number in line 7 of postmaster.pid.
func (p *Postgres) removeMemory() {
	data, err := os.ReadFile(filepath.Join(p.data(), "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) < 7 {
		return
	}
	if fields := strings.Fields(lines[6]); len(fields) == 2 {
		_ = exec.Command("ipcrm", "-m", fields[1]).Run() // about 50 bytes, not worth a failure
	}
}
