package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// errTooLong is the error of an answer that is longer than the limit.
var errTooLong = errors.New("the answer is longer than the limit")

// instant asks for the result of the query at that time.
func (c *Client) instant(ctx context.Context, query string, at int64, kind string) ([]series, error) {
	return c.ask(ctx, "/api/v1/query", query, kind, url.Values{"time": {seconds(at)}})
}

// overRange asks for the result of the query at each hour from first to last.
func (c *Client) overRange(ctx context.Context, query string, first, last int64) ([]series, error) {
	return c.ask(ctx, "/api/v1/query_range", query, matrix, url.Values{"start": {seconds(first)}, "end": {seconds(last)}, "step": {seconds(hour)}})
}

// seconds writes milliseconds as the API reads times and durations.
func seconds(ms int64) string {
	const thousand, bits = 1000, 64
	return strconv.FormatFloat(float64(ms)/thousand, 'f', -1, bits)
}

// ask sends a query and reads its answer, which is of that kind. Its errors name the query and the address.
func (c *Client) ask(ctx context.Context, path, query, kind string, form url.Values) ([]series, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no whole answer within %s: %w", c.timeout, context.DeadlineExceeded))
	defer cancel()
	form.Set("query", query)
	form.Set("timeout", seconds(c.timeout.Milliseconds()))
	status, header, body, err := c.send(ctx, path, form)
	var list []series
	if err == nil {
		list, err = c.read(status, header, body, kind)
	}
	if err != nil {
		return nil, fmt.Errorf("asking %s for %s: %w", c.shown, query, err)
	}
	return list, nil
}

// send returns the status, the header and the body of the answer.
func (c *Client) send(ctx context.Context, path string, form url.Values) (status int, header http.Header, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, nil, errors.New("the request cannot be made: look at the address of fleet.New")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, nil, unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read, or is given up
	body, err = io.ReadAll(io.LimitReader(response.Body, c.limit+1))
	if int64(len(body)) > c.limit && response.StatusCode == http.StatusOK {
		return 0, nil, nil, fmt.Errorf("%w of %d bytes: allow more with WithMaxResponse, or split the objective less", errTooLong, c.limit)
	}
	if err != nil {
		return 0, nil, nil, unreachable(ctx, err)
	}
	return response.StatusCode, response.Header, body, nil
}

// unreachable says why there is no answer. The error of net/http has the address with a part of its credentials, so that it is left out.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: allow more time, or ask a server that has less to do", context.Cause(ctx))
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("%w: see that Prometheus runs there and that this process may reach it", err)
}

// answer is what the API says.
type answer struct {
	Status    string   `json:"status"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	IsPartial bool     `json:"isPartial"` // VictoriaMetrics says so
	Data      struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

// read reads the answer.
func (c *Client) read(status int, header http.Header, body []byte, kind string) ([]series, error) {
	var a answer
	err := json.Unmarshal(body, &a)
	const redirected, refused = 300, 400
	switch {
	case status >= redirected && status < refused:
		return nil, fmt.Errorf("it answers with HTTP %d and leads to %s: give fleet.New the address that answers itself", status, target(header))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, fmt.Errorf("it refuses with HTTP %d: give WithHTTPClient a client whose transport authenticates", status)
	case err == nil && a.Status == "error":
		return nil, fmt.Errorf("it answers with HTTP %d, %.80s: %.500s: %s", status, a.ErrorType, a.Error, remedy(status, a.ErrorType))
	case status != http.StatusOK:
		return nil, fmt.Errorf("it answers with HTTP %d: %s", status, remedy(status, ""))
	case err != nil:
		return nil, fmt.Errorf("its answer cannot be read: %w: see that the address is that of Prometheus' API, with its prefix", err)
	case a.Status != "success":
		return nil, fmt.Errorf("its answer has the status %.40q and not success: see that the address is that of Prometheus' API, with its prefix", a.Status)
	case a.IsPartial, len(a.Warnings) > 0:
		return nil, fmt.Errorf("its answer may lack counts: %.500q: bring back the stores that it asks, and try again", a.Warnings)
	case a.Data.ResultType != kind:
		return nil, fmt.Errorf("its answer is a %.40q and not a %s: see that the address is that of Prometheus' API, with its prefix", a.Data.ResultType, kind)
	}
	return readSeries(a.Data.Result)
}

// target returns where a redirect leads, without credentials.
func target(header http.Header) string {
	u, err := url.Parse(header.Get("Location"))
	if err != nil || u.Host == "" {
		return "another path"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// remedy says what to do about an answer that is an error.
func remedy(status int, kind string) string {
	const serverError = 500
	switch {
	case kind == "timeout" || kind == "canceled":
		return "allow more time with WithTimeout and with Prometheus' --query.timeout"
	case kind == "execution":
		return "raise the limit that it names, or split the objective less"
	case kind == "bad_data" || status == http.StatusNotFound:
		return "see that the address is that of Prometheus 2.42 or later, with its prefix"
	case status >= serverError || status == http.StatusTooManyRequests:
		return "try again when it has recovered"
	default:
		return "see that the address is that of Prometheus' API, with its prefix"
	}
}
