# Made by ganger export nomad for shop: the next export replaces or removes this file.
job "shop" {
  type = "service"

  group "db" {
    count = 1

    # Another configuration is another job, which is rolled out.
    meta {
      config = "85500db817d2c325"
    }

    network {
      port "http" {}
    }

    service {
      name     = "shop-db"
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

    task "db" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/db"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "db.${NOMAD_ALLOC_INDEX}"
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

  group "web" {
    count = 2

    # Another configuration is another job, which is rolled out.
    meta {
      config = "85500db817d2c325"
    }

    network {
      port "http" {}
    }

    service {
      name     = "shop-web"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/up?a='b"
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

    task "wait-for-db" {
      driver = "raw_exec"

      lifecycle {
        hook = "prestart"
      }

      config {
        command = "/bin/sh"
        args    = ["-c", "until [ -s local/there ] && while read -r host port; do { nc -z \"$host\" \"$port\" || bash -c ': <\"/dev/tcp/$0/$1\"' \"$host\" \"$port\"; } 2>/dev/null && break; done <local/there; do sleep 1; done"]
      }

      template {
        data        = "{{ range nomadService \"shop-db\" }}{{ .Address }} {{ .Port }}\n{{ end }}"
        destination = "local/there"
        change_mode = "noop"
      }

      resources {
        cpu    = 20
        memory = 32
      }
    }

    task "web" {
      driver       = "raw_exec"
      kill_signal  = "SIGQUIT"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/web"]
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
      config = "85500db817d2c325"
    }

    network {
      port "http" {}
    }

    service {
      name     = "shop-worker"
      port     = "http"
      provider = "nomad"
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

    task "wait-for-web" {
      driver = "raw_exec"

      lifecycle {
        hook = "prestart"
      }

      config {
        command = "/bin/sh"
        args    = ["-c", "until [ -s local/there ] && while read -r host port; do curl -fsS -m 2 -o /dev/null http://\"$host\":\"$port\"'/up?a='\\''b' 2>/dev/null || wget -q -T 2 -O /dev/null http://\"$host\":\"$port\"'/up?a='\\''b' && break; done <local/there; do sleep 1; done"]
      }

      template {
        data        = "{{ range nomadService \"shop-web\" }}{{ .Address }} {{ .Port }}\n{{ end }}"
        destination = "local/there"
        change_mode = "noop"
      }

      resources {
        cpu    = 20
        memory = 32
      }
    }

    task "worker" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/worker $GANGER_PORT_WEB"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "worker.${NOMAD_ALLOC_INDEX}"
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
