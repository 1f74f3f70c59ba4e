@echo off
setlocal
if not defined TILLBRIDGE_CONFIG set "TILLBRIDGE_CONFIG=%ProgramData%\Tillbridge\tillbridge.json"
if not defined UV_THREADPOOL_SIZE set "UV_THREADPOOL_SIZE=8"
"%~dp0node.exe" --max-semi-space-size=1 "%~dp0dist\main.mjs" %*
exit /b %errorlevel%
