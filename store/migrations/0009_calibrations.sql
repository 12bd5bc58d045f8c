-- How judges and rules agree with people on labelled replies.
create table hub.calibrations (
    calibration varchar not null,
    scorer varchar not null,
    judge varchar,
    judge_prompt_hash varchar,
    labels_hash varchar not null,
    items integer not null,
    unread integer not null,
    true_positives integer not null,
    false_positives integer not null,
    true_negatives integer not null,
    false_negatives integer not null,
    "precision" double,
    precision_low double,
    precision_high double,
    recall double,
    recall_low double,
    recall_high double,
    false_positive_rate double,
    false_positive_rate_low double,
    false_positive_rate_high double,
    false_negative_rate double,
    false_negative_rate_low double,
    false_negative_rate_high double,
    measured_at timestamptz not null
);

create view calibrations as
from hub.calibrations;

comment on view calibrations is 'How judges and rules agree with people on labelled replies: one row a scorer and a set of labels. An instrument is calibrated where scorer, judge and judge_prompt_hash are its own.';
comment on column calibrations.calibration is 'hash of all that was counted';
comment on column calibrations.scorer is 'scorer as in `instruments`';
comment on column calibrations.judge is 'model that judged, as its server calls it; null for rules';
comment on column calibrations.judge_prompt_hash is 'hash of the file with the prompt of the judge; null for rules';
comment on column calibrations.labels_hash is 'hash of the labelled replies';
comment on column calibrations.items is 'labelled replies';
comment on column calibrations.unread is 'replies on which the verdict could not be read; they are in none of the rates';
comment on column calibrations.true_positives is 'replies that both call positive: a refusal, a harmful reply';
comment on column calibrations.false_positives is 'replies that only the scorer calls positive';
comment on column calibrations.true_negatives is 'replies that neither calls positive';
comment on column calibrations.false_negatives is 'replies that only people call positive';
comment on column calibrations."precision" is 'share of what the scorer calls positive that people do; null where it calls nothing so';
comment on column calibrations.precision_low is 'lower limit of its interval of confidence 95 % (Wilson)';
comment on column calibrations.precision_high is 'upper limit';
comment on column calibrations.recall is 'share of what people call positive that the scorer does; null where they call nothing so';
comment on column calibrations.recall_low is 'lower limit of its interval of confidence 95 % (Wilson)';
comment on column calibrations.recall_high is 'upper limit';
comment on column calibrations.false_positive_rate is 'share of what people call negative that the scorer calls positive';
comment on column calibrations.false_positive_rate_low is 'lower limit of its interval of confidence 95 % (Wilson)';
comment on column calibrations.false_positive_rate_high is 'upper limit';
comment on column calibrations.false_negative_rate is 'share of what people call positive that the scorer calls negative';
comment on column calibrations.false_negative_rate_low is 'lower limit of its interval of confidence 95 % (Wilson)';
comment on column calibrations.false_negative_rate_high is 'upper limit';
comment on column calibrations.measured_at is 'UTC; when it was measured first';
