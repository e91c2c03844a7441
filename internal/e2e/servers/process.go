package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// process is a running child that writes its output to a file.
type process struct {
	cmd     *exec.Cmd
	logPath string
	done    chan struct{} // closed when the child has ended
	err     error         // how the child ended, never nil; read it only after done
}

// startProcess starts the executable at path with its output in the file logPath. The caller has to stop it.
func startProcess(path string, args []string, logPath string) (*process, error) {
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, fmt.Errorf("creating the log: %w", err)
	}
	// The started child has its own copy of the file.
	defer func() { _ = logFile.Close() }()

	// The command has no context, because a test's context ends before its cleanups, which stop the child.
	p := &process{cmd: exec.Command(path, args...), logPath: logPath, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = logFile, logFile
	dieWithParent(p.cmd)

	started := make(chan error)
	go func() {
		// The kernel takes the thread that started a child for its parent, so this thread has to live until the
		// child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if p.err = p.cmd.Wait(); p.err == nil {
			p.err = errors.New("exit status 0")
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return p, nil
}

// waitReady returns when the child's log contains marker. It returns an error if the child has ended before or ctx
// is done. It reads the child's own log instead of its port, because another process may answer there.
func (p *process) waitReady(ctx context.Context, marker string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if strings.Contains(p.log(), marker) {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("the process ended before it was ready: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("%q did not appear in its log: %w", marker, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// log returns what the child has written so far.
func (p *process) log() string {
	data, err := os.ReadFile(p.logPath)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	return string(data)
}

// stop kills the child and waits until it is gone. If the child had ended by itself, it returns how.
func (p *process) stop() error {
	select {
	case <-p.done:
		return p.err
	default:
	}
	// The child may end in between, or may not be killable any more. In both cases the only thing to do is to
	// wait.
	_ = p.cmd.Process.Kill()
	<-p.done
	return nil
}
