package fleet_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
)

func ExampleClient_Status() {
	// Two instances count the objective. The second one has begun again an hour ago.
	prometheus := httptest.NewServer(&fake{series: []stored{
		events("checkout-completes", "good", "a", at(30*hour, 5*hour, 4_100, 4_200, 4_300, 4_400, 4_500, 4_600, 4_700)...),
		events("checkout-completes", "bad", "a", at(30*hour, 5*hour, 90, 91, 92, 93, 94, 95, 97)...),
		events("checkout-completes", "good", "b", at(30*hour, 5*hour, 700, 800, 850, 860, 870, 880, 90)...),
		events("checkout-completes", "bad", "b", at(30*hour, 5*hour, 0, 0, 0, 0, 0, 0, 3)...),
	}})
	defer prometheus.Close()

	client, err := fleet.New(prometheus.URL, fleet.WithTimeout(10*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	objectives := []slo.Objective{{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 1}}}
	all, err := client.Status(context.Background(), objectives, noon()) // a service passes time.Now()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range all {
		fmt.Printf("%s: %s\n", s.Name, s)
	}
	// Output:
	// checkout-completes: 670 of 679 customers; promised 646; 24 left in the last day
}

func ExampleNew() {
	_, err := fleet.New("prometheus:9090", fleet.WithMatcher("namespace", "production"))
	fmt.Println(err)
	// Output:
	// fleet: the address of Prometheus has no host, or a scheme other than http and https: write one such as http://prometheus:9090
}
