// Worker takes jobs from redis and notes in the database that they are done. It
// ends at once where one of the two is not there.
package main

import (
	"fmt"
	"os"

	"ganger/testdata/stack/stack"
)

func main() {
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func work() error {
	if _, err := stack.SQL("select 1", ""); err != nil {
		return err
	}
	redis, err := stack.DialRedis()
	if err != nil {
		return err
	}
	defer redis.Close()
	fmt.Println("waiting for jobs")
	for {
		job, err := redis.Do("BRPOP", "jobs", "0")
		if err != nil {
			return err
		}
		if _, err := stack.SQL("insert into done values (:'job')", job); err != nil {
			return err
		}
		if _, err := redis.Do("LPUSH", "done:"+job, "yes"); err != nil {
			return err
		}
		fmt.Println("done:", job)
	}
}
