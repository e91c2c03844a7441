package queues_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxkafka"
	"cairncx.dev/cairn/touchpoint/cxnats"
)

// workerEnv is the variable with the task of a worker, a process of this test's own binary.
const workerEnv = "CAIRN_QUEUES_WORKER"

// task tells a worker where it works.
type task struct {
	Brokers []string // of Kafka, or none
	NATS    string
	Archive string
	Fails   bool // it fails at each message
}

// work processes messages until the process is killed. After each it says so, before it commits.
func work(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return fmt.Errorf("reading the task: %w", err)
	}
	archive, err := sqlarchive.OpenSQLite(t.Archive)
	if err != nil {
		return err
	}
	client, err := cx.New(cx.WithNamespace(namespace), cx.WithDefinitions(order, pack, announce), cx.WithPositionKeys(key), cx.WithExporters(archive))
	if err != nil {
		return err
	}
	ctx := cx.NewContext(context.Background(), client)
	done := func(tp *touchpoint.Touchpoint) error {
		if t.Fails {
			tp.Fail(context.DeadlineExceeded)
		}
		tp.End()
		if err := client.Flush(ctx); err != nil {
			return err
		}
		fmt.Println("done")
		_, err := os.Stdin.Read(make([]byte, 1)) // the test lets it commit
		return err
	}
	if len(t.Brokers) > 0 {
		return consumeKafka(ctx, t.Brokers, done)
	}
	return consumeNATS(ctx, t.NATS, done)
}

func consumeKafka(ctx context.Context, brokers []string, done func(*touchpoint.Touchpoint) error) error {
	c, err := kgo.NewClient(append(consumes(), kgo.SeedBrokers(brokers...))...)
	if err != nil {
		return err
	}
	defer c.Close()
	packs := cxkafka.NewConsumer(group)
	for {
		for _, r := range c.PollRecords(ctx, 1).Records() {
			_, tp := packs.Start(ctx, r, pack)
			if err := done(tp); err != nil {
				return err
			}
			if err := c.CommitRecords(ctx, r); err != nil {
				return err
			}
		}
	}
}

func consumeNATS(ctx context.Context, url string, done func(*touchpoint.Touchpoint) error) error {
	conn, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	c, err := js.Consumer(ctx, stream, durable)
	if err != nil {
		return err
	}
	for {
		m, err := c.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			return err
		}
		_, tp := cxnats.NewConsumer("").Start(ctx, m, announce)
		if err := done(tp); err != nil {
			return err
		}
		if err := m.DoubleAck(ctx); err != nil {
			return err
		}
	}
}

// run starts a worker, lets it commit so many messages, and kills it when it has done the work of one more.
func run(t *testing.T, job task, commits int) {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // it is this test
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; n <= commits; n++ {
		if !lines.Scan() {
			t.Fatalf("the worker ends after %d messages: %v", n, cmd.Wait())
		}
		if n < commits {
			if _, err := in.Write([]byte{'\n'}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Process.Kill(); err != nil { // it has no chance to commit
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

// TestKilledBeforeTheCommit: consumers are killed when the work of a message is done and its event is in the archive, and before they commit. The next
// one gets the message again. The archive has one event that says that it was done, and one that says that it had failed.
func TestKilledBeforeTheCommit(t *testing.T) {
	t.Parallel()
	const orders = 3
	for _, broker := range []string{"kafka", "nats"} {
		t.Run(broker, func(t *testing.T) {
			t.Parallel()
			_, path := archive(t)
			job := task{Archive: path}
			var send func(context.Context) error
			if broker == "kafka" {
				job.Brokers = startKafka(t)
				producer := kafkaClient(t, job.Brokers)
				send = func(ctx context.Context) error {
					r := &kgo.Record{Topic: topic}
					cxkafka.Inject(ctx, r)
					return producer.ProduceSync(ctx, r).FirstErr()
				}
			} else {
				job.NATS = startNATS(t, 300*time.Millisecond)
				js := connect(t, job.NATS)
				send = func(ctx context.Context) error {
					m := nats.NewMsg(subject)
					cxnats.Inject(ctx, m)
					_, err := js.PublishMsg(ctx, m)
					return err
				}
			}
			shop := cxtest.New(t, cx.WithNamespace(namespace), cx.WithDefinitions(order), cx.WithPositionKeys(key))
			var want []string
			for n := range orders {
				id := "order-" + strconv.Itoa(n)
				if err := send(order.Start(shop.Context(context.Background()), id, event.Customer{ID: "alice"})); err != nil {
					t.Fatal(err)
				}
				want = append(want, id+" ok 1")
			}
			failing := job
			failing.Fails = true
			run(t, failing, 0)
			run(t, job, 0)
			run(t, job, 1)
			run(t, job, orders-2)
			got := rows(t, path, "SELECT run || ' ' || outcome || ' ' || count(*) FROM touchpoints GROUP BY run, outcome ORDER BY run, outcome")
			failed := slices.DeleteFunc(slices.Clone(got), func(row string) bool { return !strings.HasSuffix(row, " failed 1") })
			done := slices.DeleteFunc(slices.Clone(got), func(row string) bool { return strings.HasSuffix(row, " failed 1") })
			if !slices.Equal(done, want) || len(failed) != 1 {
				t.Errorf("the archive has %q, want %q and one failure", got, want)
			}
		})
	}
}
