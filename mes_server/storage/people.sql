-- :name by_badge
-- The active person with a badge.
select id, badge, name, roles, language from person where badge = %(badge)s and active

