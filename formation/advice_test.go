package formation

import (
	"strings"
	"testing"

	"ganger/procfile"
)

func TestAdvise(t *testing.T) {
	t.Parallel()
	tests := []struct{ command, settings, want string }{
		{"postgres -D tmp/db", "", "postgres: stop-signal=INT, since TERM waits until every client has left (smart shutdown)"},
		{"test -d db || initdb db && exec /usr/lib/postgresql/17/bin/postgres -D db -p $PORT", "", "postgres: stop-signal=INT, "},
		{"postgres -D tmp/db", "stop-signal=INT", ""},
		{"postgres -D tmp/db", "stop-signal=QUIT", ""},
		{"pg_ctl -D db start", "", "pg_ctl: it goes to the background, where it is taken for ended; use postgres -D DIR"},
		{"celery -A proj worker -l INFO", "", "celery: stop-to=main stop-timeout=30s, since it ends its children itself, and TERM makes them drop their tasks; it lets running tasks finish, and is killed after 5s"},
		{"poetry run celery -A proj worker", "stop-to=main", "celery: stop-timeout=30s, since "},
		{"python -m celery -A proj worker", "stop-to=main stop-timeout=1m", ""},
		{"celery -A proj beat", "", ""},
		{"bundle exec sidekiq", "", "sidekiq: stop-timeout=30s, since jobs have 25 s to finish, and it is killed after 5s: what they do is lost or done twice"},
		{"RAILS_ENV=test bundle exec sidekiq -t 8", "", "sidekiq: stop-timeout=13s, since "},
		{"bin/sidekiq --timeout=50", "stop-timeout=55s", ""},
		{"bundle exec rake resque:work", "", "rake: stop-signal=QUIT, since "},
		{"uwsgi --http :$PORT", "", "uwsgi: stop-signal=INT, since TERM makes it start anew, unless die-on-term is set"},
		{"uwsgi --http :$PORT --die-on-term", "", ""},
		{"nginx", "", `nginx: it goes to the background, where it is taken for ended; use nginx -g "daemon off;"`},
		{`nginx -c $PWD/nginx.conf -g "daemon off;"`, "", ""},
		{"redis-server", "", ""},
		{"redis-server --port $PORT", "", ""},
		{"redis-server --port 1 --daemonize yes", "", "redis-server: it goes to the background, "},
		{"redis-server /etc/redis/redis.conf", "", "redis-server: its configuration may send it to the background (Debian's does)"},
		{"redis-server /etc/redis/redis.conf --daemonize no", "", ""},
		{"docker compose up db", "", "docker: stop-timeout=15s, since containers have 10 s to stop, and it is killed after 5s: they are left running"},
		{"docker compose up -d db", "stop-timeout=20s", "docker: it goes to the background, where it is taken for ended; use no -d"},
		{"docker-compose -f dev.yml up", "stop-timeout=15s", ""},
		{"docker run --rm redis", "", ""},
		{"npx tailwindcss -i a.css -o b.css --watch", "", ""},
		{"npx tailwindcss -i a.css -o b.css --watch", "stdin=null", "tailwindcss: stdin=open, since --watch ends with the end of its input"},
		{"npx --yes @tailwindcss/cli -i a.css --watch", "stdin=null", "tailwindcss: stdin=open, since --watch ends with the end of its input"},
		{"esbuild a.js --watch=forever", "stdin=null", ""},
		{"gunicorn app:app", "", ""},
		{"echo postgres", "", ""},
		{"sh -c 'exec nginx'", "", "nginx: it goes to the background, "},
		{"exec bash -c \"cd db && postgres -D .\"", "", "postgres: stop-signal=INT, "},
		{"sudo systemctl start postgresql", "", "systemctl: it goes to the background, where it is taken for ended; use the program that it starts"},
		{"service redis start", "", "service: it goes to the background, "},
		{"brew services start redis", "", "brew: it goes to the background, "},
		{"pg_ctlcluster 17 main start", "", "pg_ctlcluster: it goes to the background, where it is taken for ended; use postgres -D DIR"},
		{"", "", ""},
	}
	for _, tt := range tests {
		s := procfile.DefaultSettings()
		for setting := range strings.FieldsSeq(tt.settings) {
			key, value, _ := strings.Cut(setting, "=")
			if err := s.Set(key, value); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, a := range Advise(tt.command, s) {
			got = append(got, a.String())
		}
		if text := strings.Join(got, "\n"); !strings.HasPrefix(text, tt.want) || tt.want == "" && text != "" || len(got) > 1 {
			t.Errorf("%q with %q:\n got %s\nwant %s", tt.command, tt.settings, text, tt.want)
		}
	}
}

// What is advised is a setting, and one that leaves nothing to advise.
func TestAdviceIsTaken(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"postgres", "celery worker", "sidekiq", "rake resque:work", "uwsgi", "docker compose up", "mysqld", "tailwindcss -w"} {
		s := procfile.DefaultSettings()
		s.Stdin = procfile.StdinNull
		all := Advise(command, s)
		if len(all) != 1 {
			t.Errorf("%s: %v", command, all)
			continue
		}
		for setting := range strings.FieldsSeq(all[0].Set) {
			key, value, _ := strings.Cut(setting, "=")
			if err := s.Set(key, value); err != nil {
				t.Errorf("%s: %v", command, err)
			}
		}
		if left := Advise(command, s); len(left) > 0 {
			t.Errorf("%s: still %v", command, left)
		}
	}
}
