<?php
// wikidiff2.php OLD NEW: the inline difference of two text files, as wikidiff2's JSON, all context shown.
[$old, $new] = array_map('file_get_contents', array_slice($argv, 1, 2));
function cpu_s() {
    $used = getrusage();
    return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e6;
}
$start = cpu_s();
$result = wikidiff2_inline_json_diff($old, $new, 1000000);
file_put_contents(getenv('BENCH_REPORT'), json_encode(['cpu_s' => cpu_s() - $start]));
echo $result;
