# Made by ganger export nomad for shop: the next export replaces or removes this file.
job "shop-setup" {
  type = "batch"

  # A batch job that is as it was does not run again.
  meta {
    run = uuidv4()
  }

  group "setup" {
    count = 1

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "setup" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/setup"]
        work_dir = "/srv/shop"
      }

      env {
        PS = "setup.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/shop-setup\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/shop-setup.env"
        env         = true
        change_mode = "noop"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }
}
