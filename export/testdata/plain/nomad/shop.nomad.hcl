# Made by ganger export nomad for shop: the next export replaces or removes this file.
job "shop" {
  type = "service"

  group "web" {
    count = 2

    # Another configuration is another job, which is rolled out.
    meta {
      config = "5b2ed6a96506502d"
    }

    network {
      port "http" {}
    }

    service {
      name     = "shop-web"
      port     = "http"
      provider = "nomad"

      check {
        type     = "tcp"
        interval = "2s"
        timeout  = "2s"
      }
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "web" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/web --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "web.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/shop\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/shop.env"
        env         = true
        change_mode = "noop"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "worker" {
    count = 1

    # Another configuration is another job, which is rolled out.
    meta {
      config = "5b2ed6a96506502d"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "worker" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/worker"]
        work_dir = "/srv/shop"
      }

      env {
        PS = "worker.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/shop\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/shop.env"
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
