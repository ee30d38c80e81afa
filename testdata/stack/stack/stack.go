// Package stack is how the web and the worker reach their backing services, with
// nothing but the standard library.
package stack

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Redis is a connection to the redis of the app.
type Redis struct {
	conn  net.Conn
	reply *bufio.Reader
}

// DialRedis connects to the port that the environment names.
func DialRedis() (*Redis, error) {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", os.Getenv("GANGER_PORT_REDIS")))
	if err != nil {
		return nil, err
	}
	return &Redis{conn, bufio.NewReader(conn)}, nil
}

func (r *Redis) Close() error { return r.conn.Close() }

// Do sends a command and returns the last string of its reply.
func (r *Redis) Do(words ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := r.conn.Write([]byte(b.String())); err != nil {
		return "", err
	}
	return r.read()
}

func (r *Redis) read() (last string, err error) {
	line, err := r.reply.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, text := line[0], strings.TrimSpace(line[1:])
	switch kind {
	case '-':
		return "", errors.New(text)
	case '*':
		n, _ := strconv.Atoi(text)
		for range n {
			if last, err = r.read(); err != nil {
				return "", err
			}
		}
		return last, nil
	case '$':
		if text == "-1" {
			return "", nil
		}
		last, err = r.reply.ReadString('\n')
		return strings.TrimSpace(last), err
	default:
		return text, nil
	}
}

// SQL runs a statement with psql, which knows host and user from PGHOST and
// PGUSER. In it :'job' is the job.
func SQL(statement, job string) (string, error) {
	cmd := exec.Command("psql", "-qtA", "-v", "ON_ERROR_STOP=1", "-v", "job="+job, "-p", os.Getenv("GANGER_PORT_DB"))
	cmd.Stdin = strings.NewReader(statement)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
