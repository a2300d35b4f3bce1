-- Postings of orders that were settled (waiting consumption that found stock, a reversal, a late fact of an aborted order)
-- make their orders due again: which postings were looked at for that. It follows `stock_day_mark`, below which none is
-- written any more.
create table settlement_mark (through bigint not null);
insert into settlement_mark (through) select coalesce(max(id), 0) from movement;
