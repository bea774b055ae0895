from dev.bundle.routes import check_routes
from tests.bundle.conftest import dashboard, front_door

FILES = {"handle": "filesystem"}


def findings(made, *compiled):
    made.configure(list(compiled))
    return "\n".join(map(str, check_routes(made.read())))


def test_a_right_order_has_no_problem(made):
    assert check_routes(made.read()) == []


def test_a_proxy_after_the_filesystem_diverts_nothing(made):
    text = findings(made, *dashboard(), FILES, *front_door())
    assert "https://wedsync.example/api/health: goes to None" in text


def test_headers_after_the_filesystem_are_missing_from_pages(made):
    text = findings(made, *front_door(), FILES, *dashboard())
    assert "headers, /admin/deployments: content-security-policy must be set" in text
    assert "headers, /assets/app.js: x-content-type-options is not set" in text


def test_a_policy_for_every_path_is_a_problem(made):
    policy = {"src": "^/.*$", "headers": {"Content-Security-Policy": "…"}, "continue": True}
    text = findings(made, *front_door(), *dashboard(), policy, FILES)
    assert "headers, /api/health: content-security-policy must be set under /admin/" in text


def test_visitors_before_testers_would_hide_the_slots(made):
    text = findings(made, *reversed(front_door()), *dashboard(), FILES)
    assert "cookie blue: goes to https://production-wedsync.vercel.app/" in text


def test_a_front_door_that_caches_is_a_problem(made):
    caching = [{**route, "respectOriginCacheControl": True} for route in front_door()]
    assert "a page would outlive a switch" in findings(made, *caching, *dashboard(), FILES)


def test_a_proxy_for_every_host_would_take_the_dashboard_away(made):
    open_door = {"src": "^/(.*)$", "dest": "https://production-wedsync.vercel.app/$1"}
    text = findings(made, open_door, *dashboard(), FILES)
    assert "https://wedsync-rollback.vercel.app/admin/deployments" in text


def test_a_missing_cron_is_named(made):
    made.write(".vercel/output/config.json", '{"routes": []}')
    assert "crons: must hold" in "\n".join(map(str, check_routes(made.read())))
