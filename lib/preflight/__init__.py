"""Preflight: would a rollback work if it were needed now?"""
