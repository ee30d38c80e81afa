//go:build e2e

package e2e

import "errors"

// The database takes two seconds until it listens.
const orderProcfile = `# ganger: ready=port
db: sleep 2; exec ./probe db
# ganger: needs=db
web: ./probe web
`

// inOrder exports an app whose web needs a database, and compares when their
// programs began.
func (e engine) inOrder(l *lab) {
	l.Helper()
	e.stop(l) // which frees the ports
	l.write("Procfile", orderProcfile)
	e.install(l, l.export(e.format, e.allFlags(l)...))
	var db, web report
	l.eventually("a database and a web answer", func() (err error) {
		if db, err = e.ask(l, "127.0.0.1:"+l.port(0)); err != nil {
			return err
		}
		if string(db.Args[0]) != "db" {
			return errors.New("that is no database")
		}
		web, err = e.ask(l, "127.0.0.1:"+l.port(100))
		return err
	})
	if web.Life < db.Life {
		l.Errorf("the web began before the database was ready")
	}
}
