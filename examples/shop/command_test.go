package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/examples/shop/payments"
)

// asShop is the variable that makes this test's binary the command.
const asShop = "CAIRN_SHOP_AS_COMMAND"

// command returns the command as a process of its own, with what it writes to stderr.
func command(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), asShop+"=1"), &stderr
	return cmd, &stderr
}

// TestExitCode: a script tells a wrong flag from a failure by the exit code, and a person reads the reason once.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		name, flags string
		want        int
		says        string // exactly once on stderr
	}{
		{"help is no failure", "-help", 0, "Flags:"},
		{"a flag that does not exist", "-crowd 5", 2, "flag provided but not defined: -crowd"},
		{"a flag with a wrong value", "-traffic 0x", 2, "invalid value"},
		{"flags that do not fit", "-traffic -1", 1, "shop: -traffic is -1: want 1 to 10000 customers"},
		{"a crowd", "-traffic 1", 0, "It took"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, stderr := command(t, strings.Fields(c.flags)...)
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != c.want {
				t.Errorf("%v, want the exit code %d", err, c.want)
			}
			if strings.Count(stderr.String(), c.says) != 1 {
				t.Errorf("stderr does not say %q once:\n%s", c.says, stderr)
			}
		})
	}
}

// TestInterrupt: Ctrl-C ends a shop that serves, which is no failure.
func TestInterrupt(t *testing.T) {
	cmd, stderr := command(t, "-events", "none")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1) // the shop serves when it writes its addresses
	if _, err := stdout.Read(text); err != nil {
		t.Errorf("the shop does not write its addresses: %v", err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after the interrupt: %v\n%s", err, stderr)
	}
}

// TestSecondInterrupt: a shop that waits for a payment at its end ends at once at a further Ctrl-C.
func TestSecondInterrupt(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	pay := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	defer pay.Close()
	defer close(release)
	cmd, _ := command(t, "-events", "none", "-service", serviceStorefront, "-payments", pay.URL)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Error(err)
	}
	base := strings.TrimSpace(strings.TrimPrefix(line, serviceStorefront+" listening on "))
	who := newShopper(t)
	who.send(base, "/cart", "product", "mug")
	who.address(base)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/payment", strings.NewReader("card="+payments.CardGood))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	paid := make(chan struct{})
	go func() {
		defer close(paid)
		if resp, err := who.client.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-arrived
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the state tells how it ended
	}()
	again := time.NewTicker(10 * time.Millisecond) // the process may not have taken the one before
	defer again.Stop()
	for running := true; running; {
		_ = cmd.Process.Signal(os.Interrupt) // an error means that it has ended
		select {
		case <-ended:
			running = false
		case <-again.C:
		}
	}
	<-paid
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("the shop has ended with %s", cmd.ProcessState)
	}
}
