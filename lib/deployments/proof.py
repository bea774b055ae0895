"""What a release must have behind it to be gone back to before all others."""

from datetime import timedelta

PROOF = {
    "live": timedelta(minutes=30),  #: in all, however often it went live
    "enough_requests": 1000,
    "good_looks": 20,
}

#: Its looks are those of the sweep while it was live. Never taken back: time does not unprove.
PROVE = """
UPDATE deployment_details d SET proven_at = app_now()
  FROM deployment_history h
 WHERE h.id = d.id AND d.environment = %(environment)s
   AND d.vercel_deployment_id = %(deployment_id)s
   AND d.proven_at IS NULL AND h.health_check_status <> 'failing'
   AND (SELECT sum(coalesce(p.live_until, app_now()) - p.live_from) FROM live_periods p
         WHERE p.deployment = d.id) >= %(live)s
   AND (%(requests)s >= %(enough_requests)s OR %(good_looks)s <= (
          SELECT count(*) FROM probes p WHERE p.environment = d.environment
             AND p.deployment = d.vercel_deployment_id AND p.live = 'ok'))
RETURNING d.id
"""
